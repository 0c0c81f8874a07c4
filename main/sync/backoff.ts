const FIRST_MS = 5_000;
const MOST_MS = 15 * 60_000;

/**
 * How long to wait after so many failures in a row: twice as long each time, up to a quarter of an hour, less a random
 * part of up to half, so that many appliances do not come back to a server in one moment.
 * @param failures at least 1
 */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
  return most * (1 - random() / 2);
}
