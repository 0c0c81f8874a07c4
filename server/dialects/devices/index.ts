export { devices } from './plugin.ts';
export type { DevicesOptions } from './plugin.ts';
