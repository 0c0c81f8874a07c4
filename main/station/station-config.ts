import { StationConfig } from '#contract';
import type { Store } from '#core/store';
import { readRow, writeRow, type Rows } from '../secrets/index.ts';

/** The store's secret that says what a station is made of. */
const STATION = 'station';

/** Null: none was set. */
export const readStation = (store: Pick<Store, 'getSecret'>): Promise<StationConfig | null> =>
  readRow(store, STATION, StationConfig);

/** @param config null: there is none any more */
export const writeStation = (store: Rows, config: StationConfig | null): Promise<void> =>
  writeRow(store, STATION, config, {
    kind: 'settings-changed',
    changes: { station: config && `${config.device}, ${config.stills} stills` },
  });
