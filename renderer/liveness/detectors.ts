import type { ChallengeStep } from '#contract';
import type { Baseline } from './baseline.ts';
import { type Measure, parallax } from './measure.ts';

/** A step that was performed. Times in milliseconds of the samples' clock. */
export interface PerformedStep {
  readonly kind: ChallengeStep;
  readonly from: number;
  /** Its height: the frame to send. */
  readonly peak: number;
  /** When it was certain. */
  readonly at: number;
}

/** A face against its own baseline. */
export interface Change {
  readonly at: number;
  /** Degrees. Yaw > 0: to the visitor's own left; pitch < 0: down. */
  readonly yaw: number;
  readonly pitch: number;
  /** Openness of the eyes and width of the mouth as parts of those at rest. */
  readonly eyes: number;
  readonly mouth: number;
  /** Openness of the eye that is more open: low only when both are closed. */
  readonly openEye: number;
  /** The lesser widening of the two corners of the mouth. */
  readonly corner: number;
  /** See `parallax`; measured only when it matters, because it costs a fit. */
  readonly parallax: () => number;
}

export function changeOf(baseline: Baseline, now: Measure): Change {
  const eyes = [now.eyes[0] / baseline.eyes[0], now.eyes[1] / baseline.eyes[1]] as const;
  return {
    at: now.at,
    yaw: now.pose.yaw - baseline.yaw,
    pitch: now.pose.pitch - baseline.pitch,
    eyes: (eyes[0] + eyes[1]) / 2,
    openEye: Math.max(...eyes),
    mouth: now.mouthWidth / baseline.mouthWidth,
    corner: Math.min(now.corners[0] / baseline.corners[0], now.corners[1] / baseline.corners[1]),
    parallax: () => parallax(baseline.reference, now),
  };
}

/** Degrees from rest within which a face looks as it did, and what its eyes and mouth may differ. */
const REST = { yaw: 6, pitch: 6, eyes: 0.88, mouth: 1.06 };

export const isAtRest = ({ yaw, pitch, eyes, mouth }: Change): boolean =>
  Math.abs(yaw) <= REST.yaw && Math.abs(pitch) <= REST.pitch && eyes >= REST.eyes && mouth <= REST.mouth;

/** Watches for one kind of step, change by change. */
export type Detector = (change: Change) => PerformedStep | null;

/**
 * Degrees and inter-ocular distances. Measured with `parallax`: real and mesh-warped heads have 0.25 at 16 degrees;
 * photographs moved or bent in the hand stay below 11 degrees and 0.11.
 */
const TURN = { enter: 16, leave: 7, parallax: 0.15, peakDrop: 1.5, peakMs: 200 };

function turn(kind: 'turn-left' | 'turn-right'): Detector {
  const sign = kind === 'turn-left' ? 1 : -1;
  let from: number | null = null;
  let peak: { readonly yaw: number; readonly at: number; readonly parallax: number } | null = null;
  let told = false;
  return (change) => {
    const yaw = sign * change.yaw;
    if (yaw < TURN.leave) {
      from = null;
      peak = null;
      told = false;
      return null;
    }
    from ??= change.at;
    if (told || yaw < TURN.enter) return null;
    if (!peak || yaw > peak.yaw) peak = { yaw, at: change.at, parallax: sign * change.parallax() };
    const over = yaw <= peak.yaw - TURN.peakDrop || change.at - peak.at >= TURN.peakMs;
    if (!over || peak.parallax < TURN.parallax) return null;
    told = true;
    return { kind, from, peak: peak.at, at: change.at };
  };
}

/**
 * Parts of the openness at rest, and milliseconds. A real blink falls to 0.1-0.4; where the picture is soft the
 * landmarks follow it only to 0.75. Open eyes vary by 0.06.
 */
const BLINK = { closed: 0.8, either: 0.86, open: 0.88, leastMs: 40, mostMs: 600, yaw: 15, pitch: 10 };

function blink(): Detector {
  let openAt: number | null = null;
  let low: { readonly eyes: number; readonly at: number } | null = null;
  return (change) => {
    // A face turned or lowered shows its eyes narrower than they are.
    if (Math.abs(change.yaw) > BLINK.yaw || Math.abs(change.pitch) > BLINK.pitch) {
      openAt = null;
      low = null;
      return null;
    }
    if (change.eyes >= BLINK.open) {
      const from = openAt;
      const lowest = low;
      openAt = change.at;
      low = null;
      if (from === null || lowest === null) return null;
      const lasted = change.at - from;
      if (lasted < BLINK.leastMs || lasted > BLINK.mostMs) return null;
      return { kind: 'blink', from, peak: lowest.at, at: change.at };
    }
    const closed = change.eyes <= BLINK.closed && change.openEye <= BLINK.either;
    if (closed && change.eyes < (low?.eyes ?? Infinity)) low = { eyes: change.eyes, at: change.at };
    return null;
  };
}

/** Parts of the mouth at rest, milliseconds and degrees. Both corners: a mouth pulled aside is no smile. */
const SMILE = { enter: 1.15, corner: 1.05, leave: 1.06, holdMs: 250, peakDrop: 0.02, peakMs: 150, yaw: 12 };

function smile(): Detector {
  let from: number | null = null;
  let peak: { readonly mouth: number; readonly at: number } | null = null;
  let told = false;
  return (change) => {
    if (change.mouth < SMILE.leave || Math.abs(change.yaw) > SMILE.yaw) {
      from = null;
      peak = null;
      told = false;
      return null;
    }
    if (change.mouth < SMILE.enter || change.corner < SMILE.corner) {
      if (!told) from = null;
      return null;
    }
    from ??= change.at;
    if (told) return null;
    if (!peak || change.mouth > peak.mouth) peak = { mouth: change.mouth, at: change.at };
    const over = change.mouth <= peak.mouth - SMILE.peakDrop || change.at - peak.at >= SMILE.peakMs;
    if (!over || change.at - from < SMILE.holdMs) return null;
    told = true;
    return { kind: 'smile', from, peak: peak.at, at: change.at };
  };
}

/** Degrees and milliseconds. */
const NOD = { enter: 9, leave: 4, mostMs: 2500, yaw: 12 };

function nod(): Detector {
  let from: number | null = null;
  let low: { readonly pitch: number; readonly at: number } | null = null;
  return (change) => {
    const down = -change.pitch;
    if (Math.abs(change.yaw) > NOD.yaw) {
      from = null;
      low = null;
      return null;
    }
    if (down > NOD.leave) {
      // Only a head that was up before can go down.
      if (from !== null && down >= NOD.enter && down > (low ? -low.pitch : 0))
        low = { pitch: change.pitch, at: change.at };
      return null;
    }
    const began = from;
    const bottom = low;
    from = change.at;
    low = null;
    if (began === null || bottom === null || change.at - began > NOD.mostMs) return null;
    return { kind: 'nod', from: began, peak: bottom.at, at: change.at };
  };
}

const DETECTORS: Readonly<Record<ChallengeStep, () => Detector>> = {
  'turn-left': () => turn('turn-left'),
  'turn-right': () => turn('turn-right'),
  blink,
  smile,
  nod,
};

/** One fresh detector of every kind. */
export const allDetectors = (): readonly Detector[] => Object.values(DETECTORS).map((create) => create());

/**
 * How far a step has gone: 0 or less before it begins, 1 where it begins to count, growing towards its height, so
 * that the best picture so far can be kept.
 */
export const REACH = {
  'turn-left': ({ yaw }) => (yaw - TURN.leave) / (TURN.enter - TURN.leave),
  'turn-right': ({ yaw }) => (-yaw - TURN.leave) / (TURN.enter - TURN.leave),
  blink: ({ eyes }) => (BLINK.open - eyes) / (BLINK.open - BLINK.closed),
  smile: ({ mouth }) => (mouth - SMILE.leave) / (SMILE.enter - SMILE.leave),
  nod: ({ pitch }) => (-pitch - NOD.leave) / (NOD.enter - NOD.leave),
} as const satisfies Record<ChallengeStep, (change: Change) => number>;
