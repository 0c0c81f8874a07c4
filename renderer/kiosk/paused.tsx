import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Icon } from '../ui/icon.tsx';
import { UseCode } from './guide.tsx';

const TICK_MS = 500;

interface Props {
  /** Milliseconds of the page's clock; Infinity: until an operator has signed in. */
  readonly until: number;
  readonly onUseCode: () => void;
}

/** Too many tries have failed: no visitor is received for a moment, or before an operator came, except by code. */
export function PausedScreen({ until, onUseCode }: Props) {
  const isOff = until === Infinity;
  const title = t(isOff ? 'paused.offTitle' : 'paused.title');
  useEffect(() => announce(title), [title]);
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const count = Math.max(0, Math.ceil((until - now) / 1000));
  return (
    <section class="notice notice-neutral" data-testid="paused">
      <span class="disc">
        <Icon name="pause" />
      </span>
      <div class="notice-text">
        <h1 class="display">{title}</h1>
        <p class="lead">{isOff ? t('paused.offHint') : t('paused.hint', { count })}</p>
      </div>
      <UseCode onUse={onUseCode} />
    </section>
  );
}
