import { useState } from 'preact/hooks';
import type { Present } from '#contract';
import type { KioskErrorCode } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { InnerPanel } from './panel.tsx';
import { ask } from './session.ts';
import { useLoad } from './use-load.ts';

/** Everybody who is here, on screen and on paper, for an evacuation. It needs no network. */
export function PresentList({ onClose }: { readonly onClose: () => void }) {
  const [present, setPresent] = useState<readonly Present[] | null>(null);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  const [at] = useState(() => new Date());
  useLoad(
    () => ask('visitors.present', {}),
    ({ present: here }) => setPresent(here),
    setError,
    [],
  );
  return (
    <InnerPanel
      name="present"
      title={t('visitors.here')}
      beside={
        <Button tone="secondary" testId="present-print" onClick={() => print()}>
          {t('visitors.print')}
        </Button>
      }
      onBack={onClose}
    >
      <FormError text={error && errorText(error)} />
      {present && (
        <>
          <p class="count" data-testid="present-count">
            {formatDate(at, { dateStyle: 'medium', timeStyle: 'short' })} ·{' '}
            {t('people.count', { count: present.length })}
          </p>
          <ul class="visitors">
            {present.map(({ id, kind, name, host, since }) => (
              <li key={id} class="visitor" data-testid="present-line">
                <div class="visitor-who">
                  <strong>
                    <bdi>{name ?? t('people.noName')}</bdi>
                  </strong>
                  <span>
                    {t(`visitors.kind.${kind}`)}
                    {host !== null && <bdi> · {t('visitors.visits', { host })}</bdi>}
                  </span>
                  <span class="hint">
                    {t('visitors.state.here', {
                      time: formatDate(new Date(since), { dateStyle: 'short', timeStyle: 'short' }),
                    })}
                  </span>
                </div>
                <span class="visitor-box" aria-hidden="true" />
              </li>
            ))}
          </ul>
        </>
      )}
    </InnerPanel>
  );
}
