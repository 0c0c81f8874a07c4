import { PRESENT_HOURS, type Direction } from '#contract';
import type { Passage } from '#core/store';

/**
 * Milliseconds within which the same person is at another try where the door did not answer. Who stands before one that stayed shut
 * tries again at once: that takes the device's 5 s at most, a visit, and perhaps the turn of somebody else. Who passed is seldom
 * back that soon.
 */
const AGAIN_MS = 120_000;

/**
 * Which way somebody passes who signs in and out here: as they chose; else out where they came in, and in where they went
 * out, are not known, or passed more than {@link PRESENT_HOURS} ago. Where the door may not have opened to them, it is the same way
 * again within {@link AGAIN_MS}, and after that as if it had.
 */
export function attends(
  chosen: Direction | null,
  last: Pick<Passage, 'direction' | 'at' | 'isCertain'> | null,
  now: Date,
): Direction {
  if (chosen !== null) return chosen;
  if (last === null || last.direction === null || !isStillHere(last.at, now)) return 'in';
  if (!last.isCertain && now.getTime() - last.at.getTime() <= AGAIN_MS) return last.direction;
  return last.direction === 'in' ? 'out' : 'in';
}

/** Whether somebody who came in then, and has not gone out since, counts as here. */
export function isStillHere(since: Date, now: Date): boolean {
  const hours = (now.getTime() - since.getTime()) / 3_600_000;
  return hours >= 0 && hours <= PRESENT_HOURS;
}
