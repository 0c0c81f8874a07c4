export { Deliverer, type Post } from './deliverer.ts';
export { signed, signedEvent } from './signed.ts';
