import { CalibrationTable, LintelError } from '#contract';
import { createCalibration, type Calibration } from '#core/matching';
import type { Store } from '#core/store';

/**
 * A calibration measured on the people of this store. It is kept inside the store: whoever could change it would
 * decide how alike two people must be.
 */
const secretOf = (modelId: string): string => `calibration.${modelId}`;

/** @returns null unless there is one for this model. @throws LintelError `calibration-missing` for a damaged one */
export async function readOwnCalibration(store: Store, modelId: string): Promise<Calibration | null> {
  const json = await store.getSecret(secretOf(modelId));
  if (json === null) return null;
  try {
    return createCalibration(CalibrationTable.parse(JSON.parse(Buffer.from(json).toString('utf8'))));
  } catch (error) {
    throw new LintelError('calibration-missing', '(of this store)', { cause: error });
  }
}

/** Takes effect when the store is next opened. @param table null: back to the one that came with the model */
export async function writeOwnCalibration(
  store: Store,
  modelId: string,
  table: CalibrationTable | null,
): Promise<void> {
  await store.setSecret(secretOf(modelId), table === null ? null : Buffer.from(JSON.stringify(table)));
  const calibration = table === null ? 'of the model' : 'of this store';
  await store.audit.append({ kind: 'settings-changed', changes: { modelId, calibration } });
}
