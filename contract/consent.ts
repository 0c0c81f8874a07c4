import { z } from 'zod';

/** Three years: nobody is kept for longer without having been there. */
export const MOST_DAYS_UNSEEN = 1095;

/** What somebody is asked to agree to before they are enrolled, as an operator words it. Another text has another version. */
export const ConsentTerms = z.strictObject({
  version: z.string().regex(/^[A-Za-z0-9_.-]{1,32}$/),
  purpose: z.string().trim().min(1).max(200),
  text: z.string().trim().min(1).max(2000),
});
export type ConsentTerms = z.infer<typeof ConsentTerms>;

/** How somebody agreed: by a tick on the screen, or on paper. */
export const ConsentWay = z.enum(['tick', 'signature']);
export type ConsentWay = z.infer<typeof ConsentWay>;

/** What somebody agreed to. It is kept with the face, and in the audit log. */
export const Consent = z.object({
  version: ConsentTerms.shape.version,
  purpose: ConsentTerms.shape.purpose,
  /** Days after the last interaction; null: until it is withdrawn. */
  termDays: z.int().min(1).max(MOST_DAYS_UNSEEN).nullable(),
  way: ConsentWay,
  givenAt: z.iso.datetime(),
});
export type Consent = z.infer<typeof Consent>;
