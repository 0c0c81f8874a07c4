import { useEffect, useState } from 'preact/hooks';
import { formatDate, t } from '../i18n.ts';
import { showView } from '../screen.ts';
import { Icon, Mark } from '../ui/icon.tsx';

/** Nobody is there yet. */
export function Attract({ onStart }: { readonly onStart: () => void }) {
  return (
    <section class="attract">
      <Clock />
      <div class="attract-centre">
        <Mark />
        <h1 class="display">{t('attract.title')}</h1>
        <p class="lead">{t('attract.hint')}</p>
      </div>
      <button type="button" class="button button-primary button-large" data-testid="start" onClick={onStart}>
        {t('attract.start')}
      </button>
    </section>
  );
}

/** Discreet, in the corner: for those who know. */
export function OperatorButton() {
  return (
    <button
      type="button"
      class="operator-button"
      aria-label={t('attract.operator')}
      data-testid="operator"
      onClick={() => showView('operator')}
    >
      <Icon name="lock" />
    </button>
  );
}

function Clock() {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="clock">
      <time class="clock-time">{formatDate(now, { hour: 'numeric', minute: '2-digit' })}</time>
      <span class="clock-date">{formatDate(now, { weekday: 'long', day: 'numeric', month: 'long' })}</span>
    </p>
  );
}
