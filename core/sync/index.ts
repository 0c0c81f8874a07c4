export type { Attempt, DocumentedReplica } from './documented-replica.ts';
export { Hub } from './hub.ts';
export { Replica } from './replica.ts';
