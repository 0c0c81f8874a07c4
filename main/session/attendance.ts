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
  const hours = last === null ? Infinity : (now.getTime() - last.at.getTime()) / 3_600_000;
  return last?.direction === 'in' && hours >= 0 && hours <= PRESENT_HOURS ? 'out' : 'in';
}
