export { discover, type Offer } from './discover.ts';
export { retryAfter } from './documented-calls.ts';
export { exchangeDocumented, type DocumentedOptions } from './documented.ts';
export { exchange, type ExchangeOptions, type Progress, type Transport } from './exchange.ts';
export { connect, greet, pair, type Fetch, type ServerAddress } from './http-transport.ts';
export { forgetMembership, joinServer, membershipOf, type Membership } from './membership.ts';
export { readRunState, writeRunState, type RunState } from './run-state.ts';
export { exchangeOnce, startSync, type SyncOptions, type SyncService } from './service.ts';
export { searchOnline, type OnlineMatch, type OnlineSearch } from './search-online.ts';
