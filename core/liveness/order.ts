import type { VisitMoment } from '#contract';
import { LIMITS } from './limits.ts';
import type { LivenessSession } from './types.ts';

/**
 * Whether the frames are in the order of the challenge: at rest, each step in turn, frontal; none left out. Frontal frames and
 * those of the screen's light may also stand between, once the face was seen at rest. Without steps there are no others.
 */
export function isInOrder({ challenge, frames }: LivenessSession): boolean {
  if (challenge.length === 0) return frames.every(({ moment }) => !isOfSteps(moment));
  const places = frames.flatMap(({ moment }) => placeOf(moment, challenge.length));
  const rises = places.every((place, i) => {
    const before = i === 0 ? 0 : places[i - 1]!;
    return place === before || place === before + 1;
  });
  const begins = frames[0]?.moment.kind === 'baseline';
  return rises && begins && places.at(-1) === challenge.length && frames.at(-1)?.moment.kind === 'frontal';
}

const isOfSteps = (moment: VisitMoment): moment is Exclude<VisitMoment, { kind: 'frontal' | 'light' }> =>
  moment.kind === 'baseline' || moment.kind === 'step';

function placeOf(moment: VisitMoment, steps: number): number[] {
  if (!isOfSteps(moment)) return [];
  if (moment.kind === 'baseline') return [0];
  return [moment.step < steps ? moment.step + 1 : Infinity];
}

/**
 * Whether the frames can have been captured one after the other within the session, as main's own clock saw it. The screen's
 * clock has an unknown offset, so differences count: no frame claims more time since the first one than main measured from
 * the beginning until it arrived, and none took much longer to arrive than another.
 */
export function isWithinSession({ openedAt, submittedAt, frames }: LivenessSession): boolean {
  const first = frames[0]?.capturedAt ?? 0;
  const rises = frames.every(({ capturedAt }, i) => i === 0 || capturedAt > frames[i - 1]!.capturedAt);
  const claimsNoMore = frames.every(
    ({ capturedAt, arrivedAt }) =>
      capturedAt - first <= (arrivedAt ?? submittedAt) - openedAt + LIMITS.clockMs,
  );
  const delays = frames.flatMap(({ capturedAt, arrivedAt }) =>
    arrivedAt === null ? [] : [arrivedAt - capturedAt],
  );
  const isPrompt = delays.length === 0 || Math.max(...delays) - Math.min(...delays) <= LIMITS.lateMs;
  return rises && claimsNoMore && isPrompt;
}

/** Milliseconds between the first and the last frame. */
export const spanOf = (frames: LivenessSession['frames']): number =>
  (frames.at(-1)?.capturedAt ?? 0) - (frames[0]?.capturedAt ?? 0);
