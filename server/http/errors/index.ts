export { installErrors, refusalFor, refuseConnection } from './errors.ts';
export { PROBLEMS, sendProblem, toProblem } from './problem.ts';
export {
  allNamed,
  namedRefusal,
  refuseIn,
  responsesIn,
  type Named,
  type RefusalStyle,
  type Refuse,
} from './refuse.ts';
