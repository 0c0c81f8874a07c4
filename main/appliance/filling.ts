import type { Log } from '../process/index.ts';

/** How often the log says how far it is. */
const EVERY_MILLISECONDS = 1000;

/**
 * Tells the log about the reading of many templates into memory, at most once a second: a start that takes longer than
 * that is not taken for one that hangs.
 * @param faces how many people there are, each with one reference or more
 * @param now milliseconds, of a clock that only goes forward
 */
export function tellFilling(
  log: Pick<Log, 'info'>,
  faces: number,
  now: () => number = () => performance.now(),
): (references: number) => void {
  let due = now() + EVERY_MILLISECONDS;
  return (references) => {
    if (now() < due) return;
    due = now() + EVERY_MILLISECONDS;
    log.info({ references, faces }, 'reading templates');
  };
}
