export { Ledger, type Charge } from './ledger.ts';
