import { startAppliance, type Installation, type RunningAppliance } from './appliance.ts';
import { openScreen, type Screen, type ScreenOptions } from './screen.ts';

/** An appliance with its screen. */
export interface Kiosk {
  readonly appliance: RunningAppliance;
  readonly screen: Screen;
  /** Closes the screen, stops the appliance and removes its installation. */
  remove(): Promise<void>;
}

/** Starts the appliance of an installation and opens its screen. @throws as {@link startAppliance} and {@link openScreen} */
export async function startKiosk(installation: Installation, options: ScreenOptions): Promise<Kiosk> {
  const appliance = await startAppliance(installation);
  const screen = await openScreen(appliance.address, options);
  const remove = async (): Promise<void> => {
    await screen.close();
    await appliance.stop();
    await installation.remove();
  };
  return { appliance, screen, remove };
}
