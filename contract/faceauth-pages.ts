import { z } from 'zod';
import { CHALLENGE_STEPS, ChallengeStep } from './challenge.ts';
import { UserName } from './faceauth-api.ts';
import { DecisionReason } from './decision-reason.ts';
import { VisitMoment, VisitTicket } from './kiosk.ts';
import { QualityCode } from './quality.ts';

/** What a web page needs to sign people in: origins and tokens of an API key, the visits of the widget, proofs. */

/** Origins that a key may have. */
export const MOST_ORIGINS = 64;

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** No pattern: in a content security policy `*` would stand for any host. */
const NAME = /^([a-z0-9-]+\.)*[a-z0-9-]+$|^\[[0-9a-f:.]+\]$/;

/** Scheme, host and port as browsers send them. Over plain http only this machine: no browser gives others its camera. */
export const PageOrigin = z
  .string()
  .max(512)
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOCAL.test(url.hostname));
    return isSafe && NAME.test(url.hostname) && url.origin === text;
  }, 'It is not an origin such as https://www.example.com.');

export const PagePurpose = z.enum(['login', 'enroll']);
export type PagePurpose = z.infer<typeof PagePurpose>;

/** What a token says, signed. Its uses are counted at the server. */
export const PageClaims = z.object({
  jti: z.string(),
  kid: z.string(),
  origin: z.string(),
  purpose: PagePurpose,
  /** The user the token is for; null: the page names the user. */
  user: z.string().nullable(),
  /** Seconds since 1970. */
  exp: z.int(),
});
export type PageClaims = z.infer<typeof PageClaims>;

const done = { success: z.literal(true) };

export const PageOrigins = z.object({
  origins: z.array(PageOrigin).max(MOST_ORIGINS).describe('Origins whose pages may use tokens of this key'),
});
export const PageOriginsAnswer = PageOrigins.extend(done);

export const PageTokenRequest = z
  .object({
    origin: PageOrigin.describe('Of the page; the key must have it'),
    purpose: PagePurpose,
    user_id: UserName.optional().describe('The user the token is for. Required to enroll'),
    uses: z
      .int()
      .min(1)
      .max(10)
      .default(5)
      .describe('Visits that are judged with it; one that succeeds ends it'),
    expires_in: z.int().min(30).max(900).default(300).describe('Seconds'),
  })
  .refine(({ purpose, user_id }) => purpose === 'login' || user_id !== undefined, {
    message: 'Name the user that the token enrolls.',
    path: ['user_id'],
  });

export const PageToken = z.object({
  ...done,
  token: z.string().describe('For the page: data-token of its script'),
  token_id: z.string().describe('To revoke it by'),
  expires_at: z.iso.datetime(),
});

/** Begins a visit of the widget. */
export const PageVisitRequest = z.object({
  mode: PagePurpose.optional().describe('What the page expects the token to be for'),
  user_id: UserName.optional().describe('Who signs in, where the token does not say so'),
  avoid: z
    .array(ChallengeStep)
    .max(CHALLENGE_STEPS.length)
    .default([])
    .describe('Steps that this person cannot do'),
});
export const PageVisit = z.object({
  ...done,
  visit: z.string().describe('By which the frames are sent, once'),
  challenge: VisitTicket.shape.challenge.min(2),
  step_ms: VisitTicket.shape.stepMs,
  frame_count: VisitTicket.shape.frameCount,
  expires_in_ms: VisitTicket.shape.expiresInMs,
});

/** Frames of one visit at most, as of an appliance. */
export const MOST_PAGE_FRAMES = 16;

/** What each of a visit's pictures is, in their order; a text of the form, JSON. */
export const PageFrames = z
  .array(z.object({ captured_at: z.number().nonnegative(), moment: VisitMoment }))
  .min(1)
  .max(MOST_PAGE_FRAMES);

const PageUser = z.object({ id: z.int(), external_user_id: z.string(), name: z.string() });

export const PageVerdict = z.object({
  ...done,
  match: z.boolean().describe('Whether a live person was seen and is the one named, or was enrolled'),
  status: z.enum(['match', 'enrolled', 'no_match', 'not_live', 'try_again']),
  reasons: z.array(DecisionReason),
  hints: z.array(QualityCode).describe('What the person can mend, most urgent first'),
  confidence: z.number().min(0).max(100).nullable().describe('Of a match'),
  user: PageUser.nullable(),
  proof: z.string().nullable().describe('For the server of the site, which redeems it: a page can lie'),
});
export type PageVerdict = z.infer<typeof PageVerdict>;

export const ProofRequest = z.object({ proof: z.string().min(1).max(128) });
export const Proof = z.object({
  ...done,
  purpose: PagePurpose,
  user: PageUser,
  confidence: z.number().min(0).max(100).nullable(),
  origin: z.string(),
  verified_at: z.iso.datetime(),
});
export type Proof = z.infer<typeof Proof>;

/** What the widget's frame says to the page around it. */
export type WidgetNews =
  | { readonly widget: 'ready' }
  /** The page is to begin a visit: its own request carries its origin. */
  | { readonly widget: 'begin'; readonly id: number; readonly avoid: readonly ChallengeStep[] }
  | { readonly widget: 'verdict'; readonly verdict: PageVerdict }
  | { readonly widget: 'failed'; readonly code: string; readonly message: string }
  | { readonly widget: 'cancelled' };

/** What the page says to the widget's frame. */
export const WidgetOrder = z.discriminatedUnion('widget', [
  z.object({
    widget: z.literal('settings'),
    purpose: PagePurpose,
    language: z.string().max(35).nullable(),
  }),
  z.object({ widget: z.literal('begun'), id: z.int(), answer: z.unknown() }),
]);
export type WidgetOrder = z.infer<typeof WidgetOrder>;
