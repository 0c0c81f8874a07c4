import { z } from 'zod';
import { LockdownGap } from '#contract';
import { readRow, writeRow, type Rows } from '../secrets/index.ts';

const LOCKDOWN_ROW = 'screen.lockdown';

/** The gaps in the lock-down of the screen that an appliance opened last. */
export const Lockdown = z.strictObject({
  gaps: z.array(LockdownGap),
  /** What the browser's policy has to allow, and where that is; null where no browser of ours is used. */
  policy: z.strictObject({ folder: z.string(), origin: z.string() }).nullable(),
});
export type Lockdown = z.infer<typeof Lockdown>;

export const keepLockdown = (store: Rows, lockdown: Lockdown): Promise<void> =>
  writeRow(store, LOCKDOWN_ROW, lockdown);

/** Null if no appliance ran with this store. */
export const readLockdown = (store: Rows): Promise<Lockdown | null> => readRow(store, LOCKDOWN_ROW, Lockdown);

/** What each gap means, for the machine's administrator. */
export const LOCKDOWN_WORDS: Readonly<Record<LockdownGap, string>> = {
  'opened-by-hand': 'nobody knows which browser shows the screen',
  'same-user': 'the browser runs as the user who owns the data',
  'policy-missing': 'the browser has no managed policy that only root may change',
  'policy-incomplete': 'the managed policy of the browser lacks entries',
  'policy-ignored':
    'the browser does not do what its managed policy says, or did not say so in time (systemctl restart lintel-screen asks again)',
  'not-packaged': 'Electron runs from a folder, not from a package',
};
