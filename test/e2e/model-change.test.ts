import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from '#contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lintel, newInstallation, type Installation } from '../support/appliance.ts';
import { faultsOf } from '../support/faults.ts';
import { startKiosk, type Kiosk } from '../support/kiosk.ts';
import { photoOf } from '../support/photo.ts';
import { choosePin } from '../support/screen.ts';

let installation: Installation;
let kiosk: Kiosk;

/** Enrols a sample person with the clean set of networks. */
async function enrol(name: string, keepImages: Settings['keepImages']): Promise<void> {
  await writeFile(
    join(installation.data, 'settings.json'),
    JSON.stringify({ keepImages } satisfies Partial<Settings>),
  );
  const photo = await photoOf(installation, name);
  const words = ['enrol', '--models', 'clean', '--collection', 'default', '--name', name, photo];
  expect(await lintel(installation, ...words)).toMatchObject({ status: 0 });
}

beforeAll(async () => {
  installation = await newInstallation();
  await mkdir(installation.data, { recursive: true });
  await enrol('Robin', 'always');
  await enrol('Kim', 'never');
  kiosk = await startKiosk(installation, { clip: null });
});
afterAll(() => kiosk.remove());

it('shows the operator who must be enrolled again', async () => {
  const { page } = kiosk.screen;
  await choosePin(page, kiosk.appliance.setupCode, '271828');

  // Appears by itself once the other set of networks has taken over.
  const badge = page.getByTestId('re-enrol');
  await badge.waitFor();
  await page.getByTestId('model-change').waitFor({ state: 'detached' });
  expect(await badge.count()).toBe(1);
  expect(await page.getByTestId('person').filter({ has: badge }).textContent()).toContain('Kim');
  expect.soft(await faultsOf(page, 'people-enrol-again')).toEqual([]);
});
