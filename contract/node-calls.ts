import { z } from 'zod';
import { AssuranceLevel } from './assurance.ts';
import { ChallengeStep } from './challenge.ts';
import { ERRORS, type ErrorCode } from './errors.ts';
import { MOST_PAGE_FRAMES, PagePurpose, PageVisitRequest, Proof } from './faceauth-pages.ts';
import { SessionClaim, SessionResult } from './face-sessions.ts';
import { VisitTicket } from './kiosk.ts';
import { Scope } from './scope.ts';
import { DeviceId } from './sync.ts';
import { FaceSessionResult } from './uqudo-api.ts';

/** What servers on one database ask the one of them in whose memory a face session or an account's pages lie; see docs/server.md. */

/** Bytes of a question: the prints of a visit's frames are most of it. */
export const MOST_CALL_BYTES = 200_000;

/** Frames that are remembered of earlier visits, and those of one that granted one before. */
const MOST_EARLIER = 17 * MOST_PAGE_FRAMES;

const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** @param most bytes */
const bytes = (most: number) =>
  z.codec(z.base64().max(Math.ceil(most / 3) * 4), Bytes, {
    decode: z.util.base64ToUint8Array,
    encode: z.util.uint8ArrayToBase64,
  });

/** 32-bit floats, little-endian. */
const Template = z.codec(
  bytes(32_768).refine(({ length }) => length > 0 && length % 4 === 0),
  z.custom<Float32Array>((value) => value instanceof Float32Array),
  {
    decode: (given) => new Float32Array(given.slice().buffer),
    encode: ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength).slice(),
  },
);

const Traces = (most: number) =>
  z
    .array(
      z.object({
        /** HMAC-SHA-256 of the encoded image, hexadecimal. */
        digest: z.string().regex(/^[0-9a-f]{64}$/),
        print: bytes(8192).nullable(),
      }),
    )
    .max(most);

const Grant = z.object({
  tokenId: z.string().max(64),
  caller: z.object({
    accountId: z.string().max(128),
    keyId: z.string().max(128),
    scopes: z.array(Scope).readonly(),
  }),
  purpose: PagePurpose,
  origin: z.string().max(512),
  user: z.string().max(512).nullable(),
});

const OfAccount = z.object({ account: z.string().max(128) });
const OfSession = OfAccount.extend({ sessionId: SessionClaim.shape.sessionId });
const OfVisit = OfAccount.extend({ visitId: VisitTicket.shape.visitId });
const user = z.string().max(512);

/** Each question by its name, with what it takes and what answers it. */
export const NODE_CALLS = {
  'session.template': { input: OfSession, output: Template },
  'session.claim': {
    input: OfSession.extend({ deviceId: DeviceId, claimId: SessionClaim.shape.claimId }),
    output: z.object({
      template: Template,
      /** Milliseconds until the session ends. */
      expiresInMs: z.int().positive(),
      /** False: an answer was lost, and this is it again. */
      isNew: z.boolean(),
    }),
  },
  'session.settle': { input: OfAccount.extend({ result: SessionResult }), output: z.boolean() },
  'session.result': { input: OfSession, output: FaceSessionResult },
  'pages.begin': {
    input: OfAccount.extend({ grant: Grant, user, avoid: PageVisitRequest.shape.avoid.unwrap() }),
    output: VisitTicket,
  },
  'pages.grant': { input: OfVisit, output: Grant },
  'pages.take': {
    input: OfVisit,
    output: z.object({
      level: AssuranceLevel,
      challenge: z.array(ChallengeStep).max(3),
      stepMs: z.int().positive(),
      /** Milliseconds of that server's monotonic clock. */
      openedAt: z.number(),
      submittedAt: z.number(),
      grant: Grant,
      user,
    }),
  },
  'pages.enter': {
    input: OfAccount.extend({ traces: Traces(MOST_PAGE_FRAMES) }),
    output: Traces(MOST_EARLIER),
  },
  'pages.claim': { input: OfAccount.extend({ traces: Traces(MOST_PAGE_FRAMES) }), output: z.boolean() },
  'pages.note': {
    input: OfAccount.extend({ user, outcome: z.enum(['passed', 'failed', 'unsure']) }),
    output: z.null(),
  },
  'pages.prove': { input: OfAccount.extend({ proof: Proof }), output: z.string().max(128) },
  'pages.redeem': { input: OfAccount.extend({ secret: z.string().max(128) }), output: Proof },
} as const satisfies Record<string, { input: z.ZodType; output: z.ZodType }>;

export type NodeCall = keyof typeof NODE_CALLS;
export type NodeInput<Call extends NodeCall> = z.output<(typeof NODE_CALLS)[Call]['input']>;
export type NodeOutput<Call extends NodeCall> = z.output<(typeof NODE_CALLS)[Call]['output']>;

/** What shows, before a question is read, who asks it. */
export const NodeCaller = z.object({
  /** When it asked, milliseconds since 1970. */
  at: z.int(),
});
export type NodeCaller = z.infer<typeof NodeCaller>;

/** A question as it is sent, its input as JSON has it. */
export const NodeQuestion = z.object({
  /** When it was asked, milliseconds since 1970. */
  at: z.int(),
  call: z.enum(Object.keys(NODE_CALLS) as [NodeCall, ...NodeCall[]]),
  input: z.unknown(),
});
export type NodeQuestion = z.infer<typeof NodeQuestion>;

/** What was answered, or the refusal that whoever asked passes on. */
export const NodeReply = z.union([
  z.object({
    refused: z.object({
      code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
      message: z.string().max(2000),
      /** Seconds. */
      retryAfter: z.number().nullable(),
    }),
  }),
  z.object({ output: z.unknown() }),
]);
export type NodeReply = z.infer<typeof NodeReply>;
