import { PRESENT_HOURS, type Direction } from '#contract';

interface Passage {
  readonly direction: Direction | null;
  readonly at: Date;
  readonly isCertain: boolean;
}

/**
 * Which way somebody passes who signs in and out here: as they chose; else out where they came in, and in where they went
 * out, are not known, or came in more than {@link PRESENT_HOURS} ago. To whom the door may not have opened, it is the same way again.
 */
export function attends(chosen: Direction | null, last: Passage | null, now: Date): Direction {
  if (chosen !== null) return chosen;
  if (last === null || last.direction === null || !isStillHere(last.at, now)) return 'in';
  if (!last.isCertain) return last.direction;
  return last.direction === 'in' ? 'out' : 'in';
}

/** Whether somebody who came in then, and has not gone out since, counts as here. */
export function isStillHere(since: Date, now: Date): boolean {
  const hours = (now.getTime() - since.getTime()) / 3_600_000;
  return hours >= 0 && hours <= PRESENT_HOURS;
}
