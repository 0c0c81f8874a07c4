export {
  installErrors,
  refusalFor,
  refuseConnection,
  sendProblem,
  sendProblemAs,
  toProblem,
  type Refuse,
} from './errors.ts';
export { allNamed, namedRefusal, type Named } from './named.ts';
export { responsesOf } from './responses.ts';
