export { whyUnreachable } from './why-unreachable.ts';
export { discover, type Offer } from './discover.ts';
export { retryAfter } from './realeyes-calls.ts';
export { exchangeRealeyes, type RealeyesExchangeOptions } from './exchange-realeyes.ts';
export { exchangeFeed, type FeedExchangeOptions, type Progress, type Transport } from './exchange-feed.ts';
export { connect, greet, pair, type Fetch, type ServerAddress } from './http-transport.ts';
export {
  accessOfServer,
  forgetMembership,
  hasLeft,
  isRevoked,
  joinRealeyes,
  joinServer,
  leastAssurance,
  mayEnrol,
  membershipOf,
  type Membership,
} from './membership.ts';
export { noteFailure, noteSuccess, pause, readRunState, type RunState } from './run-state.ts';
export { exchange, watchPolicies, type ExchangeOptions } from './exchange.ts';
export { startSync, type SyncOptions, type SyncService } from './service.ts';
export { describeSync, peopleOf, restingState } from './status.ts';
export { createSessionServer } from './session-server.ts';
export { searchOnline, type OnlineMatch, type OnlineSearch } from './search-online.ts';
