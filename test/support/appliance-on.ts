import { fileURLToPath } from 'node:url';
import { fileKekProvider } from '#core/store';
import { openAppliance, type Appliance } from '../../main/appliance/index.ts';
import { createLog } from '../../main/process/index.ts';

export const MODELS_DIR = fileURLToPath(new URL('../../models', import.meta.url));

/** Opens an appliance in the test's own process, without a log, on a data folder and a key file. */
export const applianceOn = (dataDir: string, keyFile: string): Promise<Appliance> =>
  openAppliance({
    dataDir,
    modelsDir: MODELS_DIR,
    kekProvider: fileKekProvider(keyFile),
    workers: 1,
    version: '1.2.3',
    log: createLog('silent'),
  });
