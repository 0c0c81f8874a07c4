export { openSignals } from './signals.ts';
export { readStation, writeStation } from './station-config.ts';
export { startStation, type StationFault } from './station.ts';
