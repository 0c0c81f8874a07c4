export { faceauth } from './plugin.ts';
