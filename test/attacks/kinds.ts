import type { ChallengeStep } from '#contract';
import type { Presentation, Random, Subject } from './presentation.ts';
import { bentPrint, cutOutEyes, movedPrint, stillPrint } from './prints.ts';
import {
  faceSwap,
  liveVisit,
  neutralFrames,
  otherSession,
  recodedSession,
  reorderedSession,
  replayedSession,
  timeWarped,
} from './replays.ts';
import { otherReplayOnScreen, replayOnScreen } from './screens.ts';

export type Present = (
  subject: Subject,
  steps: readonly ChallengeStep[],
  random: Random,
) => Promise<Presentation>;

export { liveVisit };

/** One species of presentation attack instrument (ISO/IEC 30107-3). */
export interface AttackKind {
  readonly description: string;
  /** False where frames alone cannot tell it from a live visit: it is reported, not required to be refused. */
  readonly mustFail: boolean;
  readonly present: Present;
}

export const ATTACK_KINDS = {
  'print-still': {
    description: 'A photograph on paper, held still',
    mustFail: true,
    present: stillPrint,
  },
  'print-moved': {
    description: 'A photograph on paper, turned, tilted and moved to mimic the steps',
    mustFail: true,
    present: movedPrint,
  },
  'print-bent': {
    description: 'A photograph on paper, bent as well',
    mustFail: true,
    present: bentPrint,
  },
  'print-cut-out-eyes': {
    description: 'A photograph on paper with the eyes cut out, a person blinking behind it',
    mustFail: true,
    present: cutOutEyes,
  },
  'screen-other-steps': {
    description: 'A recording of other steps on a screen',
    mustFail: true,
    present: otherReplayOnScreen,
  },
  'screen-right-steps': {
    description: 'A recording of the very steps asked, on a screen',
    mustFail: false,
    present: replayOnScreen,
  },
  'session-replayed': {
    description: 'The bytes of an earlier session of this appliance',
    mustFail: true,
    present: replayedSession,
  },
  'session-recoded': {
    description: 'The pictures of an earlier session, cropped, resized, relit and compressed anew',
    mustFail: true,
    present: recodedSession,
  },
  'face-swap': {
    description: 'Another person from the second step on',
    mustFail: true,
    present: faceSwap,
  },
  'injected-neutral': {
    description: 'Frames of somebody at rest, claimed to be each step',
    mustFail: true,
    present: neutralFrames,
  },
  'injected-other-steps': {
    description: 'Frames of a live session with other steps, claimed to be these',
    mustFail: true,
    present: otherSession,
  },
  'injected-reordered': {
    description: 'Frames of the right steps in the wrong order',
    mustFail: true,
    present: reorderedSession,
  },
  'injected-time-warped': {
    description: 'A recording of the right steps, sent faster than anybody can do them',
    mustFail: true,
    present: timeWarped,
  },
  'injected-animation': {
    description: 'A photograph animated to do the very steps asked, injected in place of the camera',
    mustFail: false,
    present: liveVisit,
  },
} as const satisfies Readonly<Record<string, AttackKind>>;

export type AttackName = keyof typeof ATTACK_KINDS;
