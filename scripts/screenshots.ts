import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { lintel, mustRun, newInstallation, startAppliance } from '../test/support/appliance.ts';
import { choosePin, openScreen, waitForScreen } from '../test/support/screen.ts';
import { newServer } from '../test/support/server.ts';
import { build } from './build/build.ts';
import { emptyRoom, portrait } from './samples/clip.ts';
import { CLIP_STEPS, liveClip } from './samples/live-head.ts';
import { sampleFace } from './samples/samples.ts';
import { ROOT } from './setup/paths.ts';

/** `npm run screenshots`: the pictures of the README, taken from the running appliance. */

const FOLDER = join(ROOT, 'docs/screens');
const PIN = '271828';

async function shoot(page: Page, name: string): Promise<void> {
  const png = await page.screenshot({ animations: 'disabled' });
  await writeFile(join(FOLDER, `${name}.png`), await sharp(png).png({ palette: true }).toBuffer());
}

/** Joins a server where another door has given Robin's key to another person. */
async function joinServer(page: Page): Promise<void> {
  const invite = async (): Promise<string> => {
    const { answer } = await lintel(server.installation, 'device', 'invite', '--account', 'admin');
    return String(answer['code']);
  };
  const photo = join(door.data, '..', 'sasha.jpg');
  await writeFile(photo, await portrait(sampleFace('Sasha')));
  await mustRun(door, 'enrol', '--collection', 'default', '--key', 'E-1042', '--name', 'Sasha', photo);
  await mustRun(door, 'pair', await invite(), '--server', server.origin, '--name', 'South door');
  await mustRun(door, 'sync', 'now');
  await page.getByTestId('join-address').fill(server.origin);
  await page.getByTestId('join-code').fill(await invite());
  await page.getByTestId('join-name').fill('North door');
  await page.getByTestId('join-submit').click();
  await page.getByTestId('conflict').waitFor();
  await page.locator('[data-testid="joined"][data-state="idle"]').waitFor();
  await page.getByTestId('resolve-same-person').scrollIntoViewIfNeeded();
}

await build(['renderer']);
await mkdir(FOLDER, { recursive: true });
const installation = await newInstallation({ challengeSteps: [...CLIP_STEPS] });
const door = await newInstallation();
const server = await newServer();
const appliance = await startAppliance(installation);
const folder = join(installation.data, '..');
const visitor = async (person: string | null) => {
  const clip = person === null ? null : await liveClip(sampleFace(person));
  return await openScreen(await appliance.newAddress(), { clip });
};
try {
  for (const [person, key] of [
    ['Robin', 'E-1042'],
    ['Kim', 'E-1077'],
  ] as const) {
    const photo = join(folder, `${person}.jpg`);
    await writeFile(photo, await portrait(sampleFace(person)));
    await mustRun(installation, 'enrol', '--collection', 'default', '--key', key, '--name', person, photo);
  }

  const waiting = await openScreen(await appliance.newAddress(), { clip: await emptyRoom(folder) });
  await waitForScreen(waiting.page, 'attract');
  await shoot(waiting.page, 'attract');
  await waiting.close();

  const known = await visitor('Robin');
  await known.page.getByTestId('step').waitFor({ timeout: 60_000 });
  await shoot(known.page, 'guide');
  await waitForScreen(known.page, 'welcome');
  await shoot(known.page, 'welcome');
  await known.close();

  const stranger = await visitor('Sasha');
  await waitForScreen(stranger.page, 'not-recognised');
  await shoot(stranger.page, 'not-recognised');
  await stranger.close();

  const operator = await visitor(null);
  const { page } = operator;
  await waitForScreen(page, 'camera-missing');
  await shoot(page, 'camera-missing');
  await choosePin(page, appliance.setupCode, PIN);
  await page.getByTestId('people-list').waitFor();
  await shoot(page, 'operator-people');
  await page.getByTestId('tab-events').click();
  await page.locator('[data-testid="event"][data-outcome="denied"] summary').first().click();
  await shoot(page, 'operator-events');
  await page.getByTestId('tab-enrol').click();
  await page.getByTestId('enrol-name').fill('Sasha');
  await page.getByTestId('source-file').check({ force: true });
  const photo = join(folder, 'sasha.jpg');
  await writeFile(photo, await portrait(sampleFace('Sasha')));
  await page.getByTestId('files').setInputFiles([photo]);
  await page.getByTestId('thumbnail').waitFor();
  await shoot(page, 'operator-enrol');
  await page.getByTestId('discard').click();
  await writeFile(photo, await portrait(sampleFace('Robin', 1)));
  await page.getByTestId('files').setInputFiles([photo]);
  await page.getByTestId('enrol-submit').click();
  await page.getByTestId('kept-pictures').waitFor();
  await shoot(page, 'operator-duplicate');
  await page.getByTestId('tab-server').click();
  await joinServer(page);
  await shoot(page, 'operator-server');
  await page.getByTestId('tab-settings').click();
  await page.getByTestId('assurance-hint').scrollIntoViewIfNeeded();
  await shoot(page, 'operator-settings');
  await page.getByTestId('language-ar').check({ force: true });
  await page.locator('html[dir="rtl"]').waitFor();
  await shoot(page, 'operator-settings-ar');
  await operator.close();
} finally {
  await appliance.stop();
  await server.remove();
  await Promise.all([installation, door].map((each) => each.remove()));
}
