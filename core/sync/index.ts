export { DeviceEvents } from './device-events.ts';
export type { Attempt, RealeyesReplica } from './realeyes-replica.ts';
export { Hub } from './hub.ts';
export { Replica } from './replica.ts';
