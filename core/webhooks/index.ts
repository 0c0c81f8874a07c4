export { Deliverer, type Post } from './deliverer.ts';
export { signed } from './signed.ts';
