import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { Message } from '../ui/message.tsx';
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
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const count = Math.max(0, Math.ceil((until - now) / 1000));
  return (
    <Message kind="neutral" icon="pause" testId="paused" spoken={title} ways={<UseCode onUse={onUseCode} />}>
      <h1 class="display">{title}</h1>
      <p class="lead">{isOff ? t('paused.offHint') : t('paused.hint', { count })}</p>
    </Message>
  );
}
