export { LIMITS } from './limits.ts';
export { samePersonOf } from './same-person.ts';
export { showsSeveralPeople, verifyLiveness } from './verify.ts';
export * from './types.ts';
