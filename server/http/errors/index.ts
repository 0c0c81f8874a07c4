export {
  installErrors,
  refusalFor,
  refuseConnection,
  sendProblem,
  sendProblemAs,
  toProblem,
  type Refuse,
} from './errors.ts';
export { namedRefusal, type Named } from './named.ts';
