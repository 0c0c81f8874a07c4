import { useEffect, useState } from 'preact/hooks';
import { cameraIsDark } from '../guidance/darkness.ts';
import { formatDate, t } from '../i18n.ts';
import { showView } from '../screen.ts';
import { Icon, Mark } from '../ui/icon.tsx';
import { AssuranceNote } from './assurance-note.tsx';
import { UseCode } from './guide.tsx';

interface Props {
  readonly onStart: () => void;
  readonly onUseCode: () => void;
}

/** No visitor is there yet, or none can be seen. */
export function Attract({ onStart, onUseCode }: Props) {
  const dark = cameraIsDark.value;
  return (
    <section class="attract">
      <Clock />
      <div class="attract-centre">
        <Mark />
        <h1 class="display">{t('attract.title')}</h1>
        {dark ? (
          <p class="lead" role="status" data-testid="camera-dark">
            {t('attract.dark')}
          </p>
        ) : (
          <p class="lead">{t('attract.hint')}</p>
        )}
        <AssuranceNote />
      </div>
      <div class="guide-ways">
        <button
          type="button"
          class="button button-primary button-large"
          data-testid="start"
          onClick={onStart}
        >
          {t('attract.start')}
        </button>
        <UseCode onUse={onUseCode} />
      </div>
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
