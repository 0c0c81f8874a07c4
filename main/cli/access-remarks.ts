import { isLower, type AccessPolicy, type AssuranceLevel, type DoorConfig } from '#contract';

/**
 * What would keep everybody out who the rules are meant to let in, one line each: said when rules are set, rather than when people
 * stand before the door.
 * @param door null: there is none
 * @param level what visits here have to prove
 */
export function remarksOn(
  { rules, antiPassback, leastAssurance }: AccessPolicy,
  door: Pick<DoorConfig, 'doorId' | 'direction'> | null,
  level: AssuranceLevel,
): string[] {
  if (door === null) return [];
  const isForDoor = rules.some(({ doors }) => doors === null || doors.includes(door.doorId));
  return [
    ...(isForDoor ? [] : [`No rule is for this door, ${door.doorId}.`]),
    ...(antiPassback?.kind === 'direction' && door.direction === null
      ? ['antiPassback goes by direction, and the door has none: set its direction to in or out.']
      : []),
    ...(isLower(level, leastAssurance)
      ? [`Visits here prove ${level}, and the rules ask for ${leastAssurance}: change the setting assurance.`]
      : []),
  ].map((why) => `Nobody passes by face: ${why}`);
}
