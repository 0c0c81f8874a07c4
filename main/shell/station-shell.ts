import { openAppliance } from '../appliance/index.ts';
import type { BrowserShellOptions } from './browser-shell.ts';

/** An appliance without a screen. */
export interface StationShell {
  /** As that of the appliance. */
  answers(): Promise<void>;
  close(): Promise<void>;
}

export async function startStationShell({
  layout,
  devices,
  ...options
}: Pick<
  BrowserShellOptions,
  'dataDir' | 'layout' | 'set' | 'version' | 'log' | 'devices'
>): Promise<StationShell> {
  const appliance = await openAppliance({
    ...options,
    modelsDir: layout.modelsDir,
    camera: { ...(devices && { devices }) },
  });
  try {
    const end = await appliance.openStation();
    return {
      answers: () => appliance.answers(),
      close: async () => {
        await end();
        await appliance.close();
      },
    };
  } catch (error) {
    await appliance.close();
    throw error;
  }
}
