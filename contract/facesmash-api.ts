import { z } from 'zod';
import { DescriptorNumbers } from './descriptor.ts';
import { EventKind } from './events.ts';
import { ExternalKey } from './ids.ts';

/** What the FaceSmash API (`/v1/faces`, `/v1/users`, `/v1/webhooks`) takes and answers. */

/** Templates of a user; a further one takes the place of the oldest. */
export const MAX_USER_TEMPLATES = 5;

const Email = z.email().max(200).toLowerCase();
const share = z.number().min(0).max(1);
const userId = ExternalKey.describe('The external key of the other APIs');

const probe = {
  descriptor: DescriptorNumbers.optional().describe('Where the account allows it, in place of an image'),
  image: z.string().min(1).optional().describe('JPEG or PNG in base 64, with or without a data URL’s prefix'),
};
const hasOneProbe = (body: { descriptor?: unknown; image?: unknown }): boolean =>
  (body.descriptor === undefined) !== (body.image === undefined);
const oneProbe = [hasOneProbe, 'Send either image or descriptor.'] as const;
const lightingScore = share.optional().describe('Taken, and without effect: no client lowers a threshold');

export const SmashRegistration = z
  .object({
    userId: userId.optional(),
    email: Email.optional(),
    name: z.string().trim().min(1).max(200).optional(),
    ...probe,
    qualityScore: share.optional().describe('Of a descriptor; that of an image is measured'),
    lightingConditions: z.object({ brightness: z.number(), contrast: z.number() }).partial().optional(),
  })
  .refine(...oneProbe)
  .refine((body) => body.email !== undefined || body.userId !== undefined, 'Send email or userId.');

export const SmashVerificationRequest = z.object({ userId, ...probe, lightingScore }).refine(...oneProbe);

export const SmashIdentificationRequest = z
  .object({ ...probe, lightingScore, maxResults: z.int().min(1).max(100).default(1) })
  .refine(...oneProbe);

export const SmashDetectionRequest = z.object({ image: z.string().min(1) });

const similarity = z.number().min(-1).max(1).describe('1 - Euclidean distance; 0.45 and above is a match');
const email = z.string().nullable();

export const SmashRegistered = z.object({
  userId: z.string(),
  email,
  templateId: z.string(),
  qualityScore: share,
  createdAt: z.string(),
});

export const SmashVerification = z.object({
  isMatch: z.boolean(),
  similarity,
  adaptedThreshold: z.number(),
  matchedTemplate: z
    .string()
    .nullable()
    .describe('Id of the template that is most alike; null without a match'),
  user: z.object({ id: z.string(), email }),
});

export const SmashIdentification = z.object({
  matches: z.array(z.object({ userId: z.string(), email, similarity, templateId: z.string() })),
  totalCompared: z.int(),
  processingTimeMs: z.number(),
});

export const SmashDetection = z.object({
  detected: z.boolean(),
  confidence: share,
  quality: z
    .object({
      overallScore: share,
      lightingScore: share,
      sharpness: share,
      faceSize: share.describe('Share of the image that the face takes'),
      headPose: z.object({ yaw: z.number(), pitch: z.number(), roll: z.number() }).describe('Degrees'),
      eyeAspectRatio: z.number(),
    })
    .nullable(),
  boundingBox: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }).nullable(),
  descriptor: z
    .array(z.number())
    .nullable()
    .describe('Of the image; null where the account does not allow it'),
});

export const SmashTemplates = z.object({
  templates: z.array(
    z.object({
      id: z.string(),
      qualityScore: share,
      createdAt: z.string(),
      usageCount: z.int(),
      lastUsed: z.string().nullable(),
    }),
  ),
  totalTemplates: z.int(),
  maxTemplates: z.literal(MAX_USER_TEMPLATES),
});

export const SmashTemplateDeleted = z.object({ deleted: z.literal(true), templateId: z.string() });

const rate = share.describe('Of verifications; 0 without one');

export const SmashUserSummary = z.object({
  id: z.string(),
  email,
  createdAt: z.string(),
  lastLogin: z.string().nullable(),
  loginCount: z.int(),
  templateCount: z.int(),
  successRate: rate,
});

const page = { totalItems: z.int(), page: z.int(), perPage: z.int() };

export const SmashUsers = z.object({ users: z.array(SmashUserSummary), ...page });

export const SmashUser = SmashUserSummary.extend({
  successfulLogins: z.int(),
  failedLogins: z.int(),
  avgQualityScore: share,
  confidenceThreshold: z.number(),
});

export const SmashUserDeleted = z.object({
  deleted: z.literal(true),
  userId: z.string(),
  deletedRecords: z.object({ profile: z.int(), templates: z.int(), scans: z.int(), signInLogs: z.int() }),
});

export const SmashLogs = z.object({
  logs: z.array(
    z.object({
      id: z.string(),
      success: z.boolean(),
      confidence: share,
      ipAddress: z.string(),
      userAgent: z.string(),
      createdAt: z.string(),
    }),
  ),
  ...page,
});

/** A whole number of a query. */
const number = (least: number, most: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most))
    .default(fallback);
const paging = { page: number(1, 1_000_000, 1), perPage: number(1, 100, 20) };

export const SmashUsersQuery = z.object({
  ...paging,
  sort: z.enum(['-createdAt', 'createdAt']).default('-createdAt'),
});
export const SmashLogsQuery = z.object({
  ...paging,
  success: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});

export const SmashWebhookRequest = z.object({
  url: z.string().min(1).max(2048),
  events: z.array(EventKind).min(1).max(EventKind.options.length),
  secret: z.string().min(8).max(256).optional().describe('Made at random when absent'),
});

const webhook = {
  id: z.string(),
  url: z.string(),
  events: z.array(EventKind),
  status: z.enum(['active', 'failing']),
  createdAt: z.string(),
};
export const SmashWebhook = z.object(webhook);
export const SmashWebhookCreated = z.object({ ...webhook, secret: z.string().describe('Shown only now') });
export const SmashWebhooks = z.object({ webhooks: z.array(SmashWebhook) });
export const SmashWebhookDeleted = z.object({ deleted: z.literal(true), webhookId: z.string() });

const meta = z.object({ requestId: z.string().startsWith('req_'), timestamp: z.iso.datetime() });

/** What stands around the data of every answer. */
export const smashEnvelope = <Data extends z.ZodType>(data: Data) =>
  z.object({ success: z.literal(true), data, meta });

export const SmashRefusal = z
  .object({
    success: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), details: z.record(z.string(), z.json()) }),
    meta,
  })
  .meta({ id: 'SmashRefusal' });
