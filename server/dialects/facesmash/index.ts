export type { FaceSmashOptions } from './options.ts';
export { facesmash } from './plugin.ts';
