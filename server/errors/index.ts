export { answerError, installErrors, refuseConnection, toProblem } from './errors.ts';
