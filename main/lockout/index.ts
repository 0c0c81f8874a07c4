export { createLockout, type Lockout, type LockoutRule } from './lockout.ts';
