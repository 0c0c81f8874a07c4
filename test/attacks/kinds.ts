import type { ChallengeStep } from '#contract';
import type { Presentation, Random, Subject } from './presentation.ts';
import { bentPrint, cutOutEyes, movedPrint, stillPrint } from './prints.ts';
import {
  faceSwap,
  neutralFrames,
  otherSession,
  recodedSession,
  reorderedSession,
  replayedSession,
  timeWarped,
} from './replays.ts';
import { otherReplayOnScreen, replayOnScreen } from './screens.ts';

/** What an attacker answers. */
export interface Occasion {
  readonly subject: Subject;
  readonly steps: readonly ChallengeStep[];
  /** A live visit of the subject with these steps, which can be replayed. */
  readonly recorded: Presentation;
}

/** One species of presentation attack instrument (ISO/IEC 30107-3). */
export interface AttackKind {
  readonly description: string;
  /** False where frames alone cannot tell it from a live visit: it is reported, not required to be refused. */
  readonly mustFail: boolean;
  readonly present: (occasion: Occasion, random: Random) => Presentation | Promise<Presentation>;
}

const freshly =
  (make: (subject: Subject, steps: readonly ChallengeStep[], random: Random) => Promise<Presentation>) =>
  ({ subject, steps }: Occasion, random: Random): Promise<Presentation> =>
    make(subject, steps, random);

export const ATTACK_KINDS = {
  'print-still': {
    description: 'A photograph on paper, held still',
    mustFail: true,
    present: freshly(stillPrint),
  },
  'print-moved': {
    description: 'A photograph on paper, turned, tilted and moved to mimic the steps',
    mustFail: true,
    present: freshly(movedPrint),
  },
  'print-bent': {
    description: 'A photograph on paper, bent as well',
    mustFail: true,
    present: freshly(bentPrint),
  },
  'print-cut-out-eyes': {
    description: 'A photograph on paper with the eyes cut out, a person blinking behind it',
    mustFail: true,
    present: freshly(cutOutEyes),
  },
  'screen-other-steps': {
    description: 'A recording of other steps on a screen',
    mustFail: true,
    present: freshly(otherReplayOnScreen),
  },
  'screen-right-steps': {
    description: 'A recording of the very steps asked, on a screen',
    mustFail: false,
    present: freshly(replayOnScreen),
  },
  'session-replayed': {
    description: 'The bytes of an earlier session of this appliance',
    mustFail: true,
    present: ({ recorded }) => replayedSession(recorded),
  },
  'session-recoded': {
    description: 'The pictures of an earlier session, cropped, resized, relit and recompressed',
    mustFail: true,
    present: ({ recorded }, random) => recodedSession(recorded, random),
  },
  'face-swap': {
    description: 'Another person from the second step on',
    mustFail: true,
    present: freshly(faceSwap),
  },
  'injected-neutral': {
    description: 'Frames of somebody at rest, claimed to be each step',
    mustFail: true,
    present: freshly(neutralFrames),
  },
  'injected-other-steps': {
    description: 'Frames of a live session with other steps, claimed to be these',
    mustFail: true,
    present: freshly(otherSession),
  },
  'injected-reordered': {
    description: 'Frames of the right steps in the wrong order',
    mustFail: true,
    present: ({ recorded }) => reorderedSession(recorded),
  },
  'injected-time-warped': {
    description: 'A recording of the right steps, sent faster than anybody can do them',
    mustFail: true,
    present: ({ recorded }, random) => timeWarped(recorded, random),
  },
  'injected-animation': {
    description:
      'A photograph animated to do the very steps asked, injected in place of the camera: the bona fide frames',
    mustFail: false,
    present: ({ recorded }) => recorded,
  },
} as const satisfies Readonly<Record<string, AttackKind>>;

export type AttackName = keyof typeof ATTACK_KINDS;
/** In the order of reports. */
export const ATTACK_NAMES = Object.keys(ATTACK_KINDS) as [AttackName, ...AttackName[]];
