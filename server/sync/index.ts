export { sync, type SyncOptions } from './plugin.ts';
