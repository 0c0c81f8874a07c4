import type { ComponentChildren, RefObject } from 'preact';
import { ASSURANCE_LEVELS } from '#contract';
import { useEffect, useState } from 'preact/hooks';
import { status } from '../appliance.ts';
import type { GuidanceCode } from '../guidance/guidance.ts';
import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Preview } from '../ui/preview.tsx';
import { AssuranceNote } from './assurance-note.tsx';
import type { KioskController } from './kiosk-controller.ts';
import type { KioskState, Wish } from './kiosk-state.ts';
import { LightShow } from './light-show.tsx';
import { StepCue } from './step-cue.tsx';
import { askedStep, correctionOf } from './visit-machine.ts';

const ICONS = {
  'too-dark': 'dark',
  backlit: 'sun',
  'no-face': 'person',
  'several-faces': 'people',
  'come-closer': 'closer',
  'step-back': 'away',
  centre: 'oval',
  'look-straight': 'straight',
  'mouth-covered': 'person',
  'eyes-covered': 'straight',
  'face-covered': 'person',
  'hold-still': 'check',
} as const satisfies Record<GuidanceCode, IconName>;

/** One piece of guidance: icon and text. */
export function Cue({ guidance }: { readonly guidance: GuidanceCode }) {
  const text = t(`guidance.${guidance}`);
  useEffect(() => announce(text), [text]);
  return (
    <p class={guidance === 'hold-still' ? 'cue cue-good' : 'cue'} data-testid="cue">
      <span class="cue-icon">
        <Icon name={ICONS[guidance]} />
      </span>
      <span>{text}</span>
    </p>
  );
}

interface Props {
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly kiosk: KioskController;
  readonly shown: boolean;
  /** In place of the way by code: where there is none. */
  readonly onLeave?: () => void;
}

/** The guidance that is shown during a step. The rest is left out: a visitor who performs a step moves and looks away. */
const DISTURBING: ReadonlySet<GuidanceCode> = new Set([
  'too-dark',
  'backlit',
  'no-face',
  'several-faces',
  'come-closer',
]);

/** The visitor's picture and what to do; also while steps are asked for and the appliance decides. */
export function Guide({ video, kiosk, shown, onLeave }: Props) {
  const state = kiosk.state.value;
  const guidance = kiosk.guidance.value;
  const visiting = state.screen === 'recognising' ? state : null;
  const kind = askedStep(state);
  const lighting = visiting?.step === 'lighting';
  const light = lighting ? visiting.light : null;
  const deciding = visiting?.step === 'deciding';
  const good = deciding || (kind || lighting ? !DISTURBING.has(guidance) : guidance === 'hold-still');
  const isLit = useLit(shown && UNLIT.has(guidance), shown);
  return (
    <section class={isLit ? 'guide guide-lit' : 'guide'} aria-hidden={!shown} data-lit={isLit}>
      {shown && <h1 class="visually-hidden">{t('attract.hint')}</h1>}
      {light && <LightShow slots={light.slots} onShown={kiosk.lightShown} />}
      <Preview video={video} good={good} progress={progressOf(state)} />
      <div class="guide-text">
        {shown && deciding && (
          <GoodCue text={t('recognising.title')} testId="deciding">
            <span class="spinner" />
          </GoodCue>
        )}
        {shown && lighting && !DISTURBING.has(guidance) && (
          <GoodCue text={t('light.title')} testId="lighting">
            <Icon name="straight" />
          </GoodCue>
        )}
        {shown && !deciding && ((!kind && !lighting) || DISTURBING.has(guidance)) && (
          <Cue guidance={guidance} />
        )}
        {shown && kind && visiting?.ticket && (
          <StepCue
            kind={kind}
            number={visiting.asked + 1}
            total={visiting.ticket.challenge.length}
            correction={correctionOf(visiting, performance.now())}
          />
        )}
        {shown && !lighting && <AssuranceNote />}
        {shown && !kind && !lighting && 'wish' in state && <Notes wish={state.wish} />}
        {shown && !deciding && (
          <div class="guide-ways">
            {kind && (
              <Button tone="secondary" testId="cannot" onClick={kiosk.cannot}>
                {t('step.cannot')}
              </Button>
            )}
            {mayGoWithoutLight(state) && (
              <Button tone="secondary" testId="without-light" onClick={kiosk.withoutLight}>
                {t('light.without')}
              </Button>
            )}
            {onLeave ? (
              <Button tone="quiet" testId="leave" onClick={onLeave}>
                {t('widget.cancel')}
              </Button>
            ) : (
              <UseCode onUse={kiosk.useCode} />
            )}
          </div>
        )}
      </div>
    </section>
  );
}

/**
 * What a face is compared with, if not with everybody enrolled, and why a visit begins again. Beside a step there is no room for
 * it, nor time to read it; beside the light it would take of that.
 */
function Notes({ wish: { session, card, lightAgain } }: { readonly wish: Wish }) {
  return (
    <>
      {lightAgain && (
        <p class="lead" data-testid="light-again">
          {t('light.again')}
        </p>
      )}
      {session !== null && (
        <p class="lead" data-testid="session-note">
          {t('session.note')}
        </p>
      )}
      {card !== undefined && (
        <p class="lead" data-testid="card-note">
          {t('card.note')}
        </p>
      )}
    </>
  );
}

/** A face that the screen can light. */
const UNLIT: ReadonlySet<GuidanceCode> = new Set(['too-dark', 'backlit']);

/** Whether the screen lights the face: from when it was too dark until the guide is left, so that it does not flicker. */
function useLit(isDark: boolean, shown: boolean): boolean {
  const [isLit, setLit] = useState(false);
  useEffect(() => {
    if (isDark) setLit(true);
    else if (!shown) setLit(false);
  }, [isDark, shown]);
  return isLit;
}

/** Where coloured light is shown, or will be, there is a way without. */
function mayGoWithoutLight(state: KioskState): boolean {
  if (!('wish' in state) || state.wish.withoutLight) return false;
  if (state.screen === 'recognising' && state.step !== 'resting' && state.step !== 'lighting') return false;
  const level = status.value?.assurance;
  return level !== undefined && ASSURANCE_LEVELS[level].light;
}

/** The ring: the time that is left for a step, or the part of the frontal frames that is captured. 0..1 */
function progressOf(state: KioskState): number {
  if (state.screen !== 'recognising' || !state.ticket) return 0;
  if (state.step === 'performing')
    return Math.max(0, 1 - (performance.now() - state.since) / state.ticket.stepMs);
  return state.step === 'resting' || state.step === 'lighting' ? 0 : state.captured / state.ticket.frameCount;
}

/** The other way in. */
export function UseCode({ onUse }: { readonly onUse: () => void }) {
  return (
    <Button tone="quiet" testId="use-code" onClick={onUse}>
      {t('step.useCode')}
    </Button>
  );
}

interface GoodCueProps {
  readonly text: string;
  readonly testId: string;
  /** The icon. */
  readonly children: ComponentChildren;
}

/** Says, also aloud, what happens while the visitor has nothing to do. */
function GoodCue({ text, testId, children }: GoodCueProps) {
  useEffect(() => announce(text), [text]);
  return (
    <p class="cue cue-good" data-testid={testId}>
      <span class="cue-icon">{children}</span>
      <span>{text}</span>
    </p>
  );
}
