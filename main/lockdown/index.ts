export { keepLockdown, Lockdown, LOCKDOWN_WORDS, readLockdown } from './lockdown.ts';
