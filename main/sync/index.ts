export { discover, type Offer } from './discover.ts';
export { retryAfter } from './documented-calls.ts';
export { exchangeDocumented, type DocumentedOptions } from './documented.ts';
export { exchange, type ExchangeOptions, type Progress, type Transport } from './exchange.ts';
export { connect, greet, pair, type Fetch, type ServerAddress } from './http-transport.ts';
export {
  forgetMembership,
  isRevoked,
  joinDocumented,
  joinServer,
  mayEnrol,
  membershipOf,
  type Membership,
} from './membership.ts';
export { noteFailure, noteSuccess, pause, readRunState, type RunState } from './run-state.ts';
export { exchangeOnce, type OnceOptions } from './exchange-once.ts';
export { startSync, type SyncOptions, type SyncService } from './service.ts';
export { describeSync, peopleOf, restingState } from './status.ts';
export { searchOnline, type OnlineMatch, type OnlineSearch } from './search-online.ts';
