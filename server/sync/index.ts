export { createDedupe } from './dedupe.ts';
export { sync, type SyncOptions } from './plugin.ts';
export { startTrimming, trimFeeds } from './trim.ts';
