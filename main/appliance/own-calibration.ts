import { CalibrationTable, LintelError } from '#contract';
import { createCalibration, type Calibration } from '#core/matching';
import type { Store } from '#core/store';
import { readRow, writeRow } from '../secrets/index.ts';

/**
 * A calibration measured on the people of this store. The store keeps it encrypted: a person who could change it would
 * decide how alike two pictures must be.
 */
const secretOf = (modelId: string): string => `calibration.${modelId}`;

/** @returns null unless there is one for this model. @throws LintelError `calibration-missing` for a damaged one */
export async function readOwnCalibration(store: Store, modelId: string): Promise<Calibration | null> {
  try {
    const table = await readRow(store, secretOf(modelId), CalibrationTable);
    return table === null ? null : createCalibration(table);
  } catch (error) {
    if (error instanceof LintelError) throw error;
    throw new LintelError('calibration-missing', '(of this store)', { cause: error });
  }
}

/** Takes effect when the store is next opened. @param table null: back to the one that came with the model */
export async function writeOwnCalibration(
  store: Store,
  modelId: string,
  table: CalibrationTable | null,
): Promise<void> {
  const calibration = table === null ? 'of the model' : 'of this store';
  await writeRow(store, secretOf(modelId), table, {
    kind: 'settings-changed',
    changes: { modelId, calibration },
  });
}
