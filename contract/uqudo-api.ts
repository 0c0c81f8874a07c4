import { z } from 'zod';

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
  minimumMatchLevel: z.int().min(1).max(5).default(3),
});
export const FaceMatch = z.object({
  match: z.boolean().describe('Whether matchLevel reaches the minimum'),
  matchLevel: z.int().min(0).max(5).describe('0: below all levels'),
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
export const OneToNPlace = z.object({ oneToNVerificationId: z.string().min(1).max(512) });

export const FaceSession = z.object({ sessionId: z.string() });
export const SessionMatchRequest = z.object({
  image: Photo,
  minimumMatchLevel: FaceMatchRequest.shape.minimumMatchLevel,
});
