import type { SiteEvent } from '#contract';
import type { SiteEventStore } from '#core/store';

/** What a door can fail at. */
export type DoorDuty = 'opening' | 'shutting' | 'sensing';

/** The details of the `door-fault` events that tell of the door itself. */
export const NOT_SHUT = 'not shut';
export const NOT_OPENED = 'not opened';
export const MAY_NOT_HAVE_OPENED = 'it may not have opened';
export const SENSORS_SILENT = 'the sensors do not answer';

const DUTIES: ReadonlyMap<string | null, DoorDuty> = new Map([
  [NOT_SHUT, 'shutting'],
  [NOT_OPENED, 'opening'],
  [MAY_NOT_HAVE_OPENED, 'opening'],
  [SENSORS_SILENT, 'sensing'],
]);

/** What the door failed at, as a `door-fault` tells; undefined: it refused a person, for the reason that it says. */
export const dutyOf = ({ detail }: Pick<SiteEvent, 'detail'>): DoorDuty | undefined => DUTIES.get(detail);

/** What a door failed at and has not done since. */
export interface DoorFault {
  /** When the first of it was told, ISO 8601. */
  readonly since: string;
  /** Of each kind once, the oldest first; names nobody. */
  readonly why: readonly string[];
  readonly duties: readonly DoorDuty[];
}

/** By the events that are kept. Null: the door is not in fault, as far as is known. */
export async function readDoorFault(
  events: Pick<SiteEventStore, 'faultsSinceMended'>,
  doorId: string,
): Promise<DoorFault | null> {
  const told = (await events.faultsSinceMended(doorId)).flatMap(({ at, detail }) => {
    const duty = DUTIES.get(detail);
    return detail === null || duty === undefined ? [] : [{ at, detail, duty }];
  });
  const [first] = told;
  if (first === undefined) return null;
  return { since: first.at, why: told.map(({ detail }) => detail), duties: told.map(({ duty }) => duty) };
}

/** For an operator. */
export const faultText = ({ since, why }: DoorFault): string =>
  `It is in fault since ${since}: ${why.join('; ')}.`;
