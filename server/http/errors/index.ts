export {
  installErrors,
  refusalFor,
  refuseConnection,
  sendProblem,
  sendProblemAs,
  toProblem,
  type Refuse,
} from './errors.ts';
