import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import type { GuidanceCode } from '../guidance/guidance.ts';
import { t } from '../i18n.ts';
import { announce } from '../ui/announce.tsx';
import { Icon, type IconName } from '../ui/icon.tsx';
import { Preview } from '../ui/preview.tsx';
import type { KioskState } from './kiosk-machine.ts';

const ICONS = {
  'too-dark': 'dark',
  'no-face': 'person',
  'several-faces': 'people',
  'come-closer': 'closer',
  'step-back': 'away',
  centre: 'oval',
  'look-straight': 'straight',
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
  readonly state: KioskState;
  readonly guidance: GuidanceCode;
  readonly shown: boolean;
}

/** The visitor's picture and what to do; also while frames are captured and the appliance decides. */
export function Guide({ video, state, guidance, shown }: Props) {
  const recognising = state.screen === 'recognising' ? state : null;
  const deciding = recognising?.step === 'deciding';
  const progress = recognising?.ticket ? recognising.captured / recognising.ticket.frameCount : 0;
  return (
    <section class="guide" aria-hidden={!shown}>
      <Preview video={video} good={deciding || guidance === 'hold-still'} progress={progress} />
      <div class="guide-text">
        {shown && deciding && <Deciding />}
        {shown && !deciding && <Cue guidance={guidance} />}
      </div>
    </section>
  );
}

function Deciding() {
  const text = t('recognising.title');
  useEffect(() => announce(text), [text]);
  return (
    <p class="cue cue-good" data-testid="deciding">
      <span class="cue-icon">
        <span class="spinner" />
      </span>
      <span>{text}</span>
    </p>
  );
}
