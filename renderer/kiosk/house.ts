import type { ApplianceStatus, Settings } from '#contract';

/** What the attract screen does and shows by the settings. */

/** How the appliance is set, and the door that it stands at. */
interface Ways {
  readonly settings: Pick<Settings, 'mode' | 'attendanceBy' | 'startBy'>;
  readonly doorDirection: ApplianceStatus['doorDirection'];
}

/** Whether nobody is turned to before they touch: set so, people choose their way first, or nobody is recognised here. */
export const isByTouch = (ways: Ways): boolean =>
  ways.settings.startBy === 'touch' || ways.settings.mode === 'enrolment' || choosesWay(ways);

/** Whether people choose in or out: a door that leads one way leaves no choice. */
export const choosesWay = ({ settings: { mode, attendanceBy }, doorDirection }: Ways): boolean =>
  mode === 'attendance' && attendanceBy === 'touch' && doorDirection === null;

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Whether the clock on the wall shows a time of the night. */
export function isNight(night: Settings['night'], now: Date): boolean {
  if (night === null) return false;
  const [from, to] = [minutesOf(night.from), minutesOf(night.to)];
  const minutes = now.getHours() * 60 + now.getMinutes();
  return from < to ? from <= minutes && minutes < to : minutes >= from || minutes < to;
}

/** Pixels to each side, so few that nothing leaves the screen. */
const SHIFT = 8;
const SHIFT_MS = 60_000;
/** A way around in small steps, from the middle. */
const AROUND = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
] as const;

/**
 * Where the attract screen is drawn, so that it burns into no screen on which it stands all night: another place each minute.
 * @param shownFor milliseconds
 */
export function shiftOf(shownFor: number): readonly [x: number, y: number] {
  const [x, y] = AROUND[Math.floor(shownFor / SHIFT_MS) % AROUND.length]!;
  return [x * SHIFT, y * SHIFT];
}
