import { status } from '../appliance.ts';
import { t } from '../i18n.ts';
import { Icon } from '../ui/icon.tsx';
import { standingOf } from './sync-words.ts';

/** One line with the state of synchronisation, which leads to the server's page; nothing without a server. */
export function StandingLine({ onOpen }: { readonly onOpen: () => void }) {
  const sync = status.value?.sync;
  if (sync === undefined || sync.state === 'off') return null;
  const { text, values, tone } = standingOf(sync);
  const isAsked = sync.conflicts + sync.parked + sync.held > 0;
  return (
    <button type="button" class={`standing standing-${tone}`} data-testid="standing" onClick={onOpen}>
      <Icon name="connection" />
      <span>{t(text, values)}</span>
      {isAsked && <span class="badge">{t('server.attention')}</span>}
    </button>
  );
}
