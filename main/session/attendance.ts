import { PRESENT_HOURS, type Direction } from '#contract';

interface Passage {
  readonly direction: Direction | null;
  readonly at: Date;
}

/**
 * Which way somebody passes who signs in and out here: as they chose; else out where they came in, and in where they went
 * out, are not known, or came in more than {@link PRESENT_HOURS} ago.
 */
export function attends(chosen: Direction | null, last: Passage | null, now: Date): Direction {
  if (chosen !== null) return chosen;
  return last?.direction === 'in' && isStillHere(last.at, now) ? 'out' : 'in';
}

/** Whether somebody who came in then, and has not gone out since, counts as here. */
export function isStillHere(since: Date, now: Date): boolean {
  const hours = (now.getTime() - since.getTime()) / 3_600_000;
  return hours >= 0 && hours <= PRESENT_HOURS;
}
