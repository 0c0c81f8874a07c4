import { z } from 'zod';
import { DisplayName, ShownName } from './text.ts';

/** A random id, which means nothing once the visitor is forgotten. */
export const VisitorId = z.string().regex(/^guest_[0-9a-f]{32}$/);
export type VisitorId = z.infer<typeof VisitorId>;

const Instant = z.iso.datetime();

/** Somebody who is expected. */
export const NewVisitor = z
  .strictObject({
    name: DisplayName,
    /** The person they visit. */
    host: DisplayName.nullable().default(null),
    /** Where the host is told, if mail is set up. */
    hostEmail: z.email().max(254).nullable().default(null),
    /** When they may sign in. */
    from: Instant,
    until: Instant,
  })
  .refine(({ from, until }) => from < until, 'A visit ends after it has begun.');
export type NewVisitor = z.infer<typeof NewVisitor>;

/** Somebody who is or was expected. */
export const Visitor = z.object({
  visitorId: VisitorId,
  name: ShownName,
  host: ShownName.nullable(),
  hostEmail: z.string().nullable(),
  from: Instant,
  until: Instant,
  signedInAt: Instant.nullable(),
  /** Null while they are here. */
  signedOutAt: Instant.nullable(),
});
export type Visitor = z.infer<typeof Visitor>;

/** Somebody who is here: a visitor who signed in, or a person who came in by attendance. */
export const Present = z.object({
  kind: z.enum(['visitor', 'person']),
  id: z.string(),
  name: ShownName.nullable(),
  host: ShownName.nullable(),
  since: Instant,
});
export type Present = z.infer<typeof Present>;

/** Visitors that are kept at once. */
export const MOST_VISITORS = 10_000;

/** Who came in longer ago has left without saying so. */
export const PRESENT_HOURS = 16;

/** Requests of an operator's screen about visitors; see `KIOSK_CHANNELS`. */
export const VISITOR_CHANNELS = {
  /** Who is expected; those who are here first. */
  'visitors.list': {
    access: 'operator',
    input: z.strictObject({
      offset: z.int().nonnegative().default(0),
      limit: z.int().min(1).max(100).default(50),
    }),
    output: z.object({ visitors: z.array(Visitor), total: z.int().nonnegative() }),
  },
  /** Expects somebody. The code by which they sign in and out is shown once. */
  'visitors.add': {
    access: 'operator',
    input: NewVisitor,
    output: z.object({ visitor: Visitor, code: z.string().regex(/^\d{8}$/) }),
  },
  /** They left without signing out. */
  'visitors.sign-out': {
    access: 'operator',
    input: z.strictObject({ visitorId: VisitorId }),
    output: z.strictObject({}),
  },
  'visitors.remove': {
    access: 'operator',
    input: z.strictObject({ visitorId: VisitorId }),
    output: z.strictObject({}),
  },
  /** Everybody who is here, for an evacuation. */
  'visitors.present': {
    access: 'operator',
    input: z.strictObject({}),
    output: z.object({ present: z.array(Present) }),
  },
} as const;
