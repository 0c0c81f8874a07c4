export { fingerprintOf, Idempotency, IdempotencyKey } from './idempotency.ts';
