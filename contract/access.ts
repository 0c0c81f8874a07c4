import { z } from 'zod';
import { AssuranceLevel } from './assurance.ts';

/** A name within an access policy: of a group, a schedule or a door. */
export const AccessId = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/);

/** What a decision rests on: a level of assurance, or an access code instead of a face. */
export const GrantLevel = z.enum([...AssuranceLevel.options, 'code']);
export type GrantLevel = z.infer<typeof GrantLevel>;

/** Which way a passage leads. */
export const Direction = z.enum(['in', 'out']);
export type Direction = z.infer<typeof Direction>;

/** An instant (ISO 8601 with an offset), or a whole day where the door is. */
export const AccessMoment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);
export type AccessMoment = z.infer<typeof AccessMoment>;

/** As people write an instant: seconds and offset may be left out. */
const WrittenInstant = z.union([
  z.iso.datetime({ offset: true, local: true }),
  z.iso.datetime({ offset: true, local: true, precision: -1 }),
]);

/**
 * An instant as people write it: ISO 8601, with or without seconds, by the clock of this machine where it has no offset.
 * @returns it by UTC, or null where it is none
 */
export function instantWritten(text: string): string | null {
  const written = WrittenInstant.safeParse(text.trim().replace(' ', 'T'));
  return written.success ? new Date(written.data).toISOString() : null;
}

/** The same of what may be a whole day too. A text that is neither stays as it is, to be refused. */
export const accessMomentWritten = (text: string): string =>
  AccessMoment.safeParse(text).success ? text : (instantWritten(text) ?? text);

/** Of one person. */
export const MAX_GROUPS = 32;

/** What the rules know of a person. It travels with the person's metadata. */
export const PersonAccess = z.object({
  groups: z.array(AccessId).max(MAX_GROUPS).default([]),
  /** Null: since ever. A day counts from its beginning. */
  validFrom: AccessMoment.nullable().default(null),
  /** Null: for good. A day counts to its end. */
  validUntil: AccessMoment.nullable().default(null),
});
export type PersonAccess = z.infer<typeof PersonAccess>;

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const AccessDay = z.enum([...WEEKDAYS, 'holiday']);
export type AccessDay = z.infer<typeof AccessDay>;

/** Hours and minutes, of 24 hours. */
export const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** From the first minute to before the last, by the clock on the wall. It ends on the next day if `to` is before `from`. */
export const Span = z
  .strictObject({
    /** On which it begins. A holiday is no weekday. */
    days: z.array(AccessDay).min(1).max(8),
    from: TimeOfDay,
    to: z.union([TimeOfDay, z.literal('24:00')]),
  })
  .refine(({ from, to }) => from !== to, 'A whole day is from 00:00 to 24:00.');
export type Span = z.infer<typeof Span>;

const Schedule = z.strictObject({ scheduleId: AccessId, spans: z.array(Span).min(1).max(64) });
export type Schedule = z.infer<typeof Schedule>;

/** Which people a line of the policy lets in. Null: everybody who is enrolled, at any time, at every door, from every collection. */
export const AccessRule = z.strictObject({
  groups: z.array(AccessId).min(1).max(64).nullable().default(null),
  scheduleId: AccessId.nullable().default(null),
  doors: z.array(AccessId).min(1).max(64).nullable().default(null),
  collections: z
    .array(z.string().regex(/^[A-Za-z0-9_.-]{1,512}$/))
    .min(1)
    .max(64)
    .nullable()
    .default(null),
});
export type AccessRule = z.infer<typeof AccessRule>;

/** Who passed must not pass again: in the same direction, or at all for a while. */
const AntiPassback = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('direction'), forgetAfterMinutes: z.int().min(1).max(43_200) }),
  z.strictObject({ kind: z.literal('interval'), minutes: z.int().min(1).max(1440) }),
]);

const isTimeZone = (name: string): boolean => {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

/** Who may pass where and when. A person that no rule lets in is denied. */
export const AccessPolicy = z
  .strictObject({
    /** IANA name, of the place where the doors are. */
    timeZone: z.string().max(64).refine(isTimeZone, 'Not a time zone.'),
    schedules: z.array(Schedule).max(64).default([]),
    holidays: z.array(z.iso.date()).max(1000).default([]),
    rules: z.array(AccessRule).min(1).max(256),
    /** The weakest level that passes. Recognition alone never does. */
    leastAssurance: z.enum(['light', 'steps', 'light-and-steps']).default('steps'),
    /** Whether an access code passes. */
    codes: z.boolean().default(true),
    antiPassback: AntiPassback.nullable().default(null),
  })
  .superRefine(({ rules, schedules }, context) => {
    for (const [i, { scheduleId }] of rules.entries()) {
      if (scheduleId === null || schedules.some((schedule) => schedule.scheduleId === scheduleId)) continue;
      const message = `Rule ${i + 1} names the schedule ${scheduleId}, which is not there.`;
      context.addIssue({ code: 'custom', path: ['rules', i, 'scheduleId'], message });
    }
  })
  .refine(
    ({ schedules }) => new Set(schedules.map(({ scheduleId }) => scheduleId)).size === schedules.length,
    'Two schedules have one name.',
  );
export type AccessPolicy = z.infer<typeof AccessPolicy>;

/** Why a person who was recognised may not pass. */
export const ACCESS_REASONS = [
  /** No rule is for this person here. */
  'access-denied',
  /** A rule is, at another time. */
  'access-schedule',
  'access-not-yet',
  'access-expired',
  'access-passback',
  /** The visit proved less than the door asks for. */
  'access-assurance',
  /** A rule could not be evaluated. */
  'access-unknown',
] as const;
export type AccessReason = (typeof ACCESS_REASONS)[number];
