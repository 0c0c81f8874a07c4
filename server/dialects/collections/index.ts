export { collections } from './plugin.ts';
