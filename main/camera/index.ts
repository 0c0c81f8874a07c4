export { takeStill } from './still.ts';
