import { t } from '../i18n.ts';
import { DangerButton } from './danger-button.tsx';
import type { Act } from './sync-act.ts';

interface Props {
  readonly count: number;
  readonly busy: boolean;
  readonly act: Act;
}

/** The server wants many people removed: they stay until an operator agrees. */
export function HeldRemovals({ count, busy, act }: Props) {
  if (count === 0) return null;
  return (
    <section class="card" aria-labelledby="held-title" data-testid="held" data-count={count}>
      <h2 id="held-title">{t('server.heldTitle', { count })}</h2>
      <p>{t('server.heldText')}</p>
      <div class="card-buttons">
        <DangerButton
          tone="secondary"
          action={t('server.remove')}
          title={t('server.removeTitle', { count })}
          busy={busy}
          testId="removals"
          onConfirm={() => act('sync.confirm-removals', {}, t('server.removed'))}
        >
          {t('server.removeText')}
        </DangerButton>
      </div>
    </section>
  );
}
