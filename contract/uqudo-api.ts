import { z } from 'zod';
import { DEFAULT_MATCH_LEVEL, MatchLevel } from './face-sessions.ts';
import { namedId } from './ids.ts';

/** What the Uqudo API (`/api/oauth/token`, `/api/v1/face`) takes and answers, besides forms. */

const Photo = z.string().min(1).describe('Base 64 of a JPEG or PNG image of at most 5 MB');
const verificationId = z.string().describe('Stays the same, also when the picture is deleted');

export const TokenRequest = z.object({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().min(1).max(512).describe('The id of the account'),
  client_secret: z.string().min(1).max(512).describe('An API key of the account'),
});
export const AccessToken = z.object({
  access_token: z.string(),
  token_type: z.literal('bearer'),
  expires_in: z.int().describe('Seconds'),
  scope: z.string(),
  jti: z.string(),
});

/** What an access token says, signed. */
export const TokenClaims = z.object({
  sub: z.string(),
  kid: z.string(),
  scope: z.string(),
  exp: z.int(),
  jti: z.string(),
});
export type TokenClaims = z.infer<typeof TokenClaims>;

export const FaceMatchRequest = z.object({
  sourceImage: Photo,
  targetImage: Photo,
  minimumMatchLevel: z.int().min(1).max(5).default(DEFAULT_MATCH_LEVEL),
});
export const FaceMatch = z.object({
  match: z.boolean().describe('Whether matchLevel reaches the minimum'),
  matchLevel: MatchLevel.describe('0: below all levels'),
});

export const OneToNSearchRequest = z.object({
  idPhoto: Photo,
  insert: z.boolean().default(false).describe('Insert the photo if it is not found; takes the scope write'),
});
export const OneToNSearch = z.object({
  oneToNVerificationId: verificationId.nullable().describe('Null: nobody was found'),
  oneToNVerificationMatch: z.boolean(),
});
export const OneToNInsertRequest = OneToNSearchRequest.pick({ idPhoto: true });
export const OneToNInsert = z.object({ oneToNVerificationId: verificationId });
export const OneToNPlace = z.object({ oneToNVerificationId: namedId(512) });

export const FaceSession = z.object({
  sessionId: z.string().describe('12 digits: the visitor gives them to a paired appliance'),
});
export const SessionMatchRequest = z.object({
  image: Photo,
  minimumMatchLevel: FaceMatchRequest.shape.minimumMatchLevel,
});

/** What became of a session: of its visit at an appliance. */
export const FaceSessionResult = z.object({
  status: z
    .enum(['pending', 'in-progress', 'done', 'expired'])
    .describe(
      'pending: no appliance has claimed it; in-progress: one has; expired: ten minutes passed without a result',
    ),
  result: FaceMatch.extend({ live: z.boolean().describe('Whether a live person did what was asked') })
    .nullable()
    .describe('Null unless the status is done'),
});
export type FaceSessionResult = z.infer<typeof FaceSessionResult>;
