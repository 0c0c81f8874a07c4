import { useEffect, useState } from 'preact/hooks';
import { Direction, LANGUAGES } from '#contract';
import { status } from '../appliance.ts';
import { cameraIsDark } from '../guidance/darkness.ts';
import { formatDate, language, LANGUAGE_NAMES, t } from '../i18n.ts';
import { showView } from '../screen.ts';
import { Button } from '../ui/button.tsx';
import { Icon, Mark } from '../ui/icon.tsx';
import { speakForVisitor } from '../visitor-language.ts';
import { AssuranceNote } from './assurance-note.tsx';
import { UseCode } from './guide.tsx';
import { choosesWay, isByTouch, isNight, shiftOf } from './house.ts';

interface Props {
  /** Somebody stands there: no time to be dark. */
  readonly isSeen: boolean;
  readonly onStart: () => void;
  readonly onStartWay: (direction: Direction) => void;
  readonly onUseCode: () => void;
}

/** No visitor is there yet, or none can be seen. */
export function Attract({ isSeen, ...ways }: Props) {
  const now = useNow();
  const [since] = useState(() => performance.now());
  const settings = status.value?.settings;
  const [x, y] = shiftOf(performance.now() - since);
  const isDim = !isSeen && isNight(settings?.night ?? null, now);
  return (
    <section class={isDim ? 'attract attract-dim' : 'attract'} data-testid="attract" data-dim={isDim}>
      <div class="attract-shift" style={{ transform: `translate(${x}px, ${y}px)` }}>
        <div class="attract-top">
          <Clock now={now} />
          {settings?.offersLanguages && <VisitorLanguages />}
        </div>
        {settings?.mode === 'enrolment' ? <EnrolmentDesk /> : <Invitation {...ways} />}
      </div>
    </section>
  );
}

/** What visitors are asked to do, and how they begin. */
function Invitation({ onStart, onStartWay, onUseCode }: Omit<Props, 'isSeen'>) {
  const dark = cameraIsDark.value;
  const known = status.value;
  const settings = known?.settings;
  const waitsForTouch = known !== null && isByTouch(known);
  const isChoice = known !== null && choosesWay(known);
  return (
    <>
      <div class={isChoice ? 'attract-centre attract-choice' : 'attract-centre'}>
        <Mark />
        <h1 class="display">{t('attract.title')}</h1>
        {dark ? (
          <p class="lead" role="status" data-testid="camera-dark">
            {t('attract.dark')}
          </p>
        ) : (
          <p class="lead">{t(waitsForTouch ? 'attract.touch' : 'attract.hint')}</p>
        )}
        {settings?.cards && (
          <p class="lead attract-card" data-testid="cards-hint">
            {t('attract.card')}
          </p>
        )}
        <AssuranceNote />
      </div>
      <div class="guide-ways">
        {isChoice ? (
          Direction.options.map((way) => (
            <Button tone="primary" large key={way} testId={`start-${way}`} onClick={() => onStartWay(way)}>
              {t(`attract.way.${way}`)}
            </Button>
          ))
        ) : (
          <Button tone="primary" large testId="start" onClick={onStart}>
            {t('attract.start')}
          </Button>
        )}
        <UseCode onUse={onUseCode} />
      </div>
    </>
  );
}

/** Each in its own words, for a visitor who does not read the others. */
function VisitorLanguages() {
  return (
    <div class="visitor-languages" data-testid="visitor-languages">
      {LANGUAGES.filter((each) => each !== language.value).map((each) => (
        <button
          type="button"
          class="visitor-language"
          key={each}
          lang={each}
          data-testid={`visitor-language-${each}`}
          onClick={() => speakForVisitor(each)}
        >
          {LANGUAGE_NAMES[each]}
        </button>
      ))}
    </div>
  );
}

/** Nobody is recognised here. */
function EnrolmentDesk() {
  return (
    <>
      <div class="attract-centre" data-testid="enrolment-desk">
        <Mark />
        <h1 class="display">{t('attract.desk')}</h1>
        <p class="lead">{t('attract.deskHint')}</p>
      </div>
      <div />
    </>
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

function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function Clock({ now }: { readonly now: Date }) {
  return (
    <p class="clock">
      <time class="clock-time">{formatDate(now, { hour: 'numeric', minute: '2-digit' })}</time>
      <span class="clock-date">{formatDate(now, { weekday: 'long', day: 'numeric', month: 'long' })}</span>
    </p>
  );
}
