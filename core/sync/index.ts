export type { Attempt, RealeyesReplica } from './realeyes-replica.ts';
export { Hub } from './hub.ts';
export { Replica } from './replica.ts';
