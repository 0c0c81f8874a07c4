export { exchange, type ExchangeOptions, type Progress, type Transport } from './exchange.ts';
export { connect, greet, pair, type Fetch, type ServerAddress } from './http-transport.ts';
export { forgetMembership, joinServer, membershipOf, type Membership } from './membership.ts';
export { noteFailure, noteSuccess, readRunState, writeRunState, type RunState } from './run-state.ts';
export { exchangeOnce, startSync, type SyncOptions, type SyncService } from './service.ts';
export { describeSync, peopleOf, restingState } from './status.ts';
