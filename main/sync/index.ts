export { exchange, type ExchangeOptions, type Progress, type Transport } from './exchange.ts';
export { connect, greet, pair, type Fetch, type ServerAddress } from './http-transport.ts';
