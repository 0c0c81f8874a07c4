export { LIMITS } from './limits.ts';
export { showsSeveralPeople, verifyLiveness } from './verify.ts';
export * from './types.ts';
