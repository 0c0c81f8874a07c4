import { useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { Confirm } from '../ui/confirm.tsx';
import type { Act } from './sync-act.ts';

interface Props {
  readonly count: number;
  readonly busy: boolean;
  readonly act: Act;
}

/** The server wants many people removed: they stay until somebody agrees. */
export function HeldRemovals({ count, busy, act }: Props) {
  const [agreeing, setAgreeing] = useState(false);
  if (count === 0) return null;
  const agree = async (): Promise<void> => {
    await act('sync.confirm-removals', {}, t('server.removed'));
    setAgreeing(false);
  };
  return (
    <section class="card" aria-labelledby="held-title" data-testid="held" data-count={count}>
      <h2 id="held-title">{t('server.heldTitle', { count })}</h2>
      <p>{t('server.heldText')}</p>
      <button
        type="button"
        class="button button-secondary"
        disabled={busy}
        data-testid="confirm-removals"
        onClick={() => setAgreeing(true)}
      >
        {t('server.remove')}
      </button>
      {agreeing && (
        <Confirm
          title={t('server.removeTitle', { count })}
          action={t('server.remove')}
          tone="danger"
          busy={busy}
          testId="removals"
          onClose={() => setAgreeing(false)}
          onConfirm={agree}
        >
          {t('server.removeText')}
        </Confirm>
      )}
    </section>
  );
}
