import { z } from 'zod';

/** What the FaceAuth API (`/api/v1/register`, `/enroll`, ...) takes and answers, besides forms. */

/** A name of an enrolled person, in the words of the page "User ID". */
export const UserName = z.string().trim().min(1).max(512).describe('Unique user id, e.g. 101');

export const Registration = z.object({
  email: z.email().max(200).toLowerCase(),
  name: z.string().trim().min(1).max(200),
});

const done = { success: z.literal(true) };

export const Registered = z.object({
  ...done,
  api_key: z.string().describe('Shown only now'),
  user: z.object({ id: z.int(), email: z.string(), name: z.string(), plan: z.string() }),
});

export const Enrolled = z.object({
  ...done,
  face_id: z.int(),
  external_user_id: z.string(),
  message: z.string(),
});

export const Removed = z.object({ ...done, message: z.string() });

const percent = z.number().min(0).max(100);

export const Verification = z.object({
  ...done,
  match: z.boolean(),
  status: z.enum(['match', 'no_match', 'identity_mismatch']),
  confidence: percent.describe('85 is a false-match rate of 1 in 31,623'),
  distance: z.number().describe('0.42 at confidence 85, 0 for the same picture'),
  identity: z.string().nullable(),
  message: z.string(),
  user: z
    .object({ id: z.int(), external_user_id: z.string(), name: z.string() })
    .nullable()
    .describe('Who was verified; null without a match'),
});

export const Comparison = z.object({
  ...done,
  match: z.boolean(),
  status: z.enum(['match', 'no_match']),
  similarity: percent,
  confidence: percent,
  distance: z.number(),
});

export const UsageReport = z.object({
  ...done,
  user: z.object({ plan: z.string(), api_key: z.string().describe('Shortened') }),
  usage: z.object({
    monthly_calls: z.int(),
    monthly_limit: z.int().nullable().describe('Null: no limit'),
    total_calls: z.int(),
    success_rate: percent.describe('Of all calls that reached recognition'),
    enrolled_faces: z.int(),
  }),
  daily_usage: z.array(z.object({ day: z.string(), calls: z.int() })).describe('Of this month, UTC'),
  recent_logs: z.array(
    z.object({
      endpoint: z.string(),
      success: z.boolean(),
      code: z.string().nullable(),
      created_at: z.string(),
    }),
  ),
});

export const Health = z.object({
  ...done,
  status: z.literal('healthy'),
  models_loaded: z.boolean(),
  uptime: z.int().describe('Seconds'),
});

/** How every refusal of this API is answered. */
export const FaceAuthRefusal = z
  .object({ success: z.literal(false), code: z.string(), error: z.string() })
  .meta({ id: 'FaceAuthRefusal' });
