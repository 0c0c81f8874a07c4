export { installErrors, toProblem } from './errors.ts';
