export { uqudo } from './plugin.ts';
