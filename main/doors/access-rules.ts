import {
  isLower,
  type AccessMoment,
  type AccessPolicy,
  type AccessReason,
  type AccessRule,
  type Direction,
  type GrantLevel,
  type PersonAccess,
  type Schedule,
} from '#contract';
import type { Passage } from '#core/store';
import { dayBefore, dayOf, minutesOf, wallClock, type WallClock } from './wall-clock.ts';

/** A person who was recognised, and wants to pass. */
export interface AccessQuestion {
  readonly policy: AccessPolicy;
  /** Null: there is none, as at a reception; rules that name doors let no person in then. */
  readonly door: { readonly doorId: string; readonly direction: Direction | null } | null;
  readonly collectionId: string;
  /** What is known of the person; null: nothing, since the person is known to a server only. */
  readonly person: PersonAccess | null;
  readonly level: GrantLevel;
  /** A visitor who is here, and wants to leave where nobody comes in: their time and schedules do not hold them. By default, no. */
  readonly isLeaving?: boolean;
  readonly now: Date;
  /** Whether the clock may be relied on. */
  readonly clockIsSound: boolean;
  /** The last time the person was let in or out here; null: none is known. Not certain: the door may have stayed shut. */
  readonly lastPassage: Pick<Passage, 'direction' | 'at' | 'isCertain'> | null;
}

export type AccessVerdict =
  | { readonly isAllowed: true }
  | { readonly isAllowed: false; readonly reason: AccessReason; readonly detail: string };

/**
 * Whether a person may pass. Each check denies by itself, and one that cannot be made denies as `access-unknown`, whatever
 * keeps it: a clock that is not sound, a time zone that this machine does not know, a person who is not known here.
 * Schedules go by what the clock on the wall shows: an hour that is left out in spring lets no person in, one that comes twice
 * in autumn lets in twice.
 */
export function decideAccess(question: AccessQuestion): AccessVerdict {
  try {
    return (
      checkLevel(question) ??
      checkValidity(question) ??
      checkRules(question) ??
      checkPassback(question) ?? { isAllowed: true }
    );
  } catch (error) {
    return deny('access-unknown', error instanceof Error ? error.message : 'not an error');
  }
}

const deny = (reason: AccessReason, detail: string): AccessVerdict => ({ isAllowed: false, reason, detail });

type Check = (question: AccessQuestion) => AccessVerdict | null;

const checkLevel: Check = ({ policy, door, level }) => {
  if (door === null) return null;
  if (level === 'code') return policy.codes ? null : deny('access-assurance', 'no access by code');
  return isLower(level, policy.leastAssurance)
    ? deny('access-assurance', `${level}, needs ${policy.leastAssurance}`)
    : null;
};

const checkValidity: Check = ({ policy, person, isLeaving, now, clockIsSound }) => {
  if (person === null) return deny('access-unknown', 'groups and validity are not known here');
  if (isLeaving) return null;
  const { validFrom, validUntil } = person;
  if (validFrom === null && validUntil === null) return null;
  if (!clockIsSound) return deny('access-unknown', 'the clock is not sound');
  if (validFrom !== null && isBefore(now, validFrom, policy.timeZone)) {
    return deny('access-not-yet', `valid from ${validFrom}`);
  }
  if (validUntil !== null && isAfter(now, validUntil, policy.timeZone)) {
    return deny('access-expired', `valid until ${validUntil}`);
  }
  return null;
};

const isDay = (moment: AccessMoment): boolean => moment.length === 'yyyy-mm-dd'.length;

const isBefore = (now: Date, moment: AccessMoment, timeZone: string): boolean =>
  isDay(moment) ? wallClock(timeZone, now).date < moment : now.getTime() < Date.parse(moment);

const isAfter = (now: Date, moment: AccessMoment, timeZone: string): boolean =>
  isDay(moment) ? wallClock(timeZone, now).date > moment : now.getTime() > Date.parse(moment);

const includes = (list: readonly string[] | null, name: string | undefined): boolean =>
  list === null || (name !== undefined && list.includes(name));

const checkRules: Check = ({ policy, door, collectionId, person, isLeaving, now, clockIsSound }) => {
  const isFor = ({ groups, doors, collections }: AccessRule): boolean =>
    includes(doors, door?.doorId) &&
    includes(collections, collectionId) &&
    (groups === null || groups.some((group) => person?.groups.includes(group)));
  const rules = policy.rules.filter(isFor);
  if (rules.length === 0) return deny('access-denied', 'no rule for this person here');
  if (isLeaving || rules.some(({ scheduleId }) => scheduleId === null)) return null;
  if (!clockIsSound) return deny('access-unknown', 'the clock is not sound');
  const clock = wallClock(policy.timeZone, now);
  const schedules = rules.map(({ scheduleId }) =>
    policy.schedules.find((schedule) => schedule.scheduleId === scheduleId),
  );
  if (schedules.some((schedule) => schedule !== undefined && isWithin(schedule, policy.holidays, clock))) {
    return null;
  }
  return schedules.includes(undefined)
    ? deny('access-unknown', 'a rule names a schedule that is not there')
    : deny('access-schedule', rules.map(({ scheduleId }) => scheduleId).join(', '));
};

function isWithin({ spans }: Schedule, holidays: readonly string[], { date, minutes }: WallClock): boolean {
  const today = dayOf(date, holidays);
  const yesterday = dayOf(dayBefore(date), holidays);
  return spans.some(({ days, from, to }) => {
    const [begin, end] = [minutesOf(from), minutesOf(to)];
    if (begin < end) return days.includes(today) && begin <= minutes && minutes < end;
    return (days.includes(today) && minutes >= begin) || (days.includes(yesterday) && minutes < end);
  });
}

const checkPassback: Check = ({ policy, door, isLeaving, now, clockIsSound, lastPassage }) => {
  const { antiPassback } = policy;
  if (antiPassback === null || isLeaving) return null;
  if (!clockIsSound) return deny('access-unknown', 'the clock is not sound');
  if (antiPassback.kind === 'direction' && (door?.direction ?? null) === null) {
    return deny('access-unknown', 'the door leads neither in nor out');
  }
  // Who may not have passed is not locked out: not by that passage, nor by the one before, since they may have passed as well.
  if (lastPassage === null || !lastPassage.isCertain) return null;
  const [within, isSameWay] =
    antiPassback.kind === 'interval'
      ? [antiPassback.minutes, true]
      : [antiPassback.forgetAfterMinutes, lastPassage.direction === door?.direction];
  const minutes = (now.getTime() - lastPassage.at.getTime()) / 60_000;
  if (Number.isNaN(minutes)) return deny('access-unknown', 'the last passage was at no time');
  // One that lies further ahead than the rule looks back is of a clock that was ahead then: it counts no more.
  if (!isSameWay || Math.abs(minutes) >= within) return null;
  return minutes < 0
    ? deny('access-unknown', 'the last passage lies in the future')
    : deny('access-passback', `passed ${lastPassage.at.toISOString()}`);
};
