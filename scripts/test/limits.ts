/**
 * Limits that only keep a run from waiting for ever, in milliseconds: after which a test never ends, and after which what it
 * waits for never comes. No test says how fast its machine is: one that others keep busy may take ten times as long.
 */
export const NEVER_ENDS_MS = 600_000;
export const NEVER_COMES_MS = 120_000;
