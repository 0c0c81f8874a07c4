import { z } from 'zod';

/** Why a visitor with a keyboard may get out of the kiosk. None: the screen is locked down. */
export const LockdownGap = z.enum([
  /** It is not known which browser shows the screen: its address was given to a person. */
  'opened-by-hand',
  /** The browser runs as the user who owns the data and its key. */
  'same-user',
  /** No managed policy for the browser, or one that others than root may change. */
  'policy-missing',
  /** The managed policy does not forbid everything that it should. */
  'policy-incomplete',
  /** The browser did not do what the policy says. */
  'policy-ignored',
  /** The program of a checkout, which anybody who may write there may change. */
  'not-packaged',
]);
export type LockdownGap = z.infer<typeof LockdownGap>;

/** What the program at the screen says of itself when it asks the appliance for an address. At most 1 KB as JSON. */
export const ScreenRequest = z.strictObject({
  obeysPolicy: z.boolean(),
  /** Whether a browser is open, whose page may go on. */
  isOpen: z.boolean(),
});
export type ScreenRequest = z.infer<typeof ScreenRequest>;

/** The answer: a one-time address on loopback; null lets the page that is open go on. */
export const ScreenInvitation = z.strictObject({
  address: z
    .string()
    .regex(/^http:\/\/127\.0\.0\.1:\d{1,5}\/\?token=[\w-]{43}$/)
    .nullable(),
});
export type ScreenInvitation = z.infer<typeof ScreenInvitation>;
