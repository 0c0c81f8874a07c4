export {
  installErrors,
  refusalFor,
  refuseConnection,
  sendProblem,
  toProblem,
  type Refuse,
} from './errors.ts';
