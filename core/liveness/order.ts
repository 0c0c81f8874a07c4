import type { VisitMoment } from '#contract';
import { LIMITS } from './limits.ts';
import type { LivenessSession } from './types.ts';

/** Whether the frames are in the order of the challenge: at rest, each step in turn, frontal; none left out. */
export function isInOrder({ challenge, frames }: LivenessSession): boolean {
  const places = frames.map(({ moment }) => placeOf(moment, challenge.length));
  const rises = places.every((place, i) => {
    const before = i === 0 ? 0 : places[i - 1]!;
    return place === before || place === before + 1;
  });
  return rises && places[0] === 0 && places.at(-1) === challenge.length + 1;
}

function placeOf(moment: VisitMoment, steps: number): number {
  if (moment.kind === 'baseline') return 0;
  if (moment.kind === 'frontal') return steps + 1;
  return moment.step < steps ? moment.step + 1 : Infinity;
}

/** Whether the frames can have been captured one after the other within the session, as main's own clock saw it. */
export function isWithinSession({ openedAt, submittedAt, frames }: LivenessSession): boolean {
  const rises = frames.every(({ capturedAt }, i) => i === 0 || capturedAt > frames[i - 1]!.capturedAt);
  return rises && spanOf(frames) <= submittedAt - openedAt + LIMITS.clockMs;
}

/** Milliseconds between the first and the last frame. */
export const spanOf = (frames: LivenessSession['frames']): number =>
  (frames.at(-1)?.capturedAt ?? 0) - (frames[0]?.capturedAt ?? 0);
