export {
  keptOperators,
  OPERATOR_ROWS,
  operatorOfOnePin,
  OperatorRows,
  PinHash,
  type KeptOperator,
} from './kept-operators.ts';
