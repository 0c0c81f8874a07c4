import type { ChallengeStep, VisitMoment } from '#contract';
import { median, openness } from '../../renderer/liveness/baseline.ts';
import type { PerformedStep } from '../../renderer/liveness/detectors.ts';
import type { Measure } from '../../renderer/liveness/measure.ts';
import { nearPeak } from '../../renderer/liveness/peak.ts';

export interface FreeChallenge {
  /** What counts as asked for, in order. */
  readonly challenge: readonly ChallengeStep[];
  /** Which pictures to send, in milliseconds of the clip, in order. */
  readonly moments: readonly { readonly at: number; readonly moment: VisitMoment }[];
}

/** As many as a visit has. */
const MOST_STEPS = 3;
const BASELINE_FRAMES = 2;
const FRONTAL_FRAMES = 3;
/** Milliseconds between two frames of the same kind, and after a step before a frontal one. */
const GAP_MS = 150;
/** Degrees that a frontal face is turned at most, and the part of the usual openness that its eyes at least have. */
const FRONTAL_YAW = 10;
const FRONTAL_PITCH = 15;
const FRONTAL_EYES = 0.85;

const isTurn = ({ kind }: PerformedStep): boolean => kind === 'turn-left' || kind === 'turn-right';

/** The first of each kind, turns before others (a turn shows most), at most three of them, in order of time. */
function chosen(steps: readonly PerformedStep[]): PerformedStep[] {
  const first = steps.filter((step, i) => steps.findIndex((other) => other.kind === step.kind) === i);
  return [...first.filter(isTurn), ...first.filter((step) => !isTurn(step))]
    .slice(0, MOST_STEPS)
    .toSorted((a, b) => a.peak - b.peak);
}

/** At most `count` times out of frontal samples, each at least {@link GAP_MS} after the one before. */
function frontalTimes(samples: readonly Measure[], eyes: number, count: number): number[] {
  const times: number[] = [];
  for (const sample of samples) {
    const { at, pose } = sample;
    const frontal = Math.abs(pose.yaw) <= FRONTAL_YAW && Math.abs(pose.pitch) <= FRONTAL_PITCH;
    const open = openness(sample) >= FRONTAL_EYES * eyes;
    if (frontal && open && times.length < count && at - (times.at(-1) ?? -Infinity) >= GAP_MS) times.push(at);
  }
  return times;
}

/**
 * What a kiosk would have sent had it asked for the steps that were performed. A challenge has two steps at least:
 * with fewer, it is empty and the frames are those at rest and frontal ones.
 */
export function evidenceOf(
  samples: readonly Measure[],
  restedAt: number | null,
  steps: readonly PerformedStep[],
): FreeChallenge {
  const picked = chosen(steps);
  const asked = picked.length >= 2 ? picked : [];
  const end = asked.at(-1)?.at ?? restedAt ?? 0;
  const rest = samples.filter(({ at }) => restedAt === null || at <= restedAt);
  const after = samples.filter(({ at }) => at >= end + GAP_MS);
  const eyes = median(rest.map(openness));
  return {
    challenge: asked.map(({ kind }) => kind),
    moments: [
      ...frontalTimes(rest, eyes, BASELINE_FRAMES).map((at) => ({
        at,
        moment: { kind: 'baseline' as const },
      })),
      ...asked.flatMap(({ from, peak, at: until }, step) =>
        nearPeak(
          samples.filter(({ at }) => at >= from && at <= until),
          peak,
        ).map(({ at }) => ({ at, moment: { kind: 'step' as const, step } })),
      ),
      ...frontalTimes(after, eyes, FRONTAL_FRAMES).map((at) => ({
        at,
        moment: { kind: 'frontal' as const },
      })),
    ],
  };
}
