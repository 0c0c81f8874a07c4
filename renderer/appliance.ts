import { signal } from '@preact/signals';
import type { ApplianceStatus } from '#contract';
import { call, connection, listen } from './bridge/bridge.ts';
import { preferCamera } from './camera/camera.ts';
import { speakForSite } from './visitor-language.ts';

const RETRY_MS = 2000;

/** What the appliance last said about itself; null until it answered once. */
export const status = signal<ApplianceStatus | null>(null);

/** Makes the screen what the appliance says: texts, direction, camera. */
export function adopt(next: ApplianceStatus): void {
  status.value = next;
  speakForSite(next.settings.language);
  const { cameraLabel, cameraTurn: turn, cameraMirrored: mirrored } = next.settings;
  preferCamera(cameraLabel, { turn, mirrored });
}

/** Asks for the {@link status}: no event announces a change that another process made in the store. */
export async function refresh(): Promise<void> {
  try {
    adopt(await call('appliance.status', {}));
  } catch {
    setTimeout(() => {
      if (connection.value === 'open') void refresh();
    }, RETRY_MS);
  }
}

/** Keeps {@link status} current: asks on every opening of the connection, and listens for changes. */
export function followAppliance(): void {
  listen('appliance.status-changed', adopt);
  connection.subscribe((state) => {
    if (state === 'open') void refresh();
  });
}
