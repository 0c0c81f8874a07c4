import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mustRun, newInstallation, type Installation } from '../support/appliance.ts';
import { faultsOf } from '../support/faults.ts';
import { startKiosk, type Kiosk } from '../support/kiosk.ts';
import { photoOf } from '../support/photo.ts';
import { choosePin, typePin, waitForScreen } from '../support/screen.ts';

const RECEPTION_PIN = '482951';

/** Of Robin and Sasha, who are enrolled, Sasha is in a group. The tests follow each other, with reception signed in. */
let installation: Installation;
let kiosk: Kiosk;
let page: Page;
let sashasPhoto: string;

beforeAll(async () => {
  installation = await newInstallation();
  sashasPhoto = await photoOf(installation, 'Sasha');
  const enrol = (...args: string[]) => mustRun(installation, 'enrol', '--collection', 'default', ...args);
  await enrol('--name', 'Robin', await photoOf(installation, 'Robin'));
  await enrol('--name', 'Sasha', '--groups', 'staff', sashasPhoto);
  kiosk = await startKiosk(installation, { clip: null });
  ({ page } = kiosk.screen);
  await waitForScreen(page, 'camera-missing');
  await choosePin(page, kiosk.appliance.setupCode, '271828');
  await page.getByTestId('tab-settings').click();
  await page.getByTestId('operator-name').fill('Sam');
  await page.getByTestId('operator-add').click();
  await page.getByTestId('dialog').waitFor();
  await typePin(page, RECEPTION_PIN);
  await typePin(page, RECEPTION_PIN);
  await page.getByTestId('operator').nth(1).waitFor();
  await page.getByTestId('sign-out').click();
  await page.evaluate(`location.hash = '#operator'`);
  await page.getByRole('button', { name: 'Sam' }).click();
  await typePin(page, RECEPTION_PIN);
  await waitForScreen(page, 'operator-people');
});
afterAll(() => kiosk.remove());

const ofAdministrator = () => page.getByTestId('administrator-only');
const personNamed = (name: string) => page.getByTestId('person').filter({ hasText: name });
/** How many there are of each control. */
const offered = (...testIds: string[]) =>
  Promise.all(testIds.map((testId) => page.getByTestId(testId).count()));

it('an administrator alone adds pictures and gives codes of who is in groups, and their page says so', async () => {
  await personNamed('Robin').getByTestId('edit').click();
  await page.getByTestId('kept-pictures').waitFor();
  expect(await offered('add-pictures', 'person-code', 'administrator-only')).toEqual([1, 1, 0]);
  await page.getByTestId('person-close').click();
  await personNamed('Sasha').waitFor();
  expect(await personNamed('Robin').getByTestId('give-code').count()).toBe(1);
  expect(await personNamed('Sasha').getByTestId('give-code').count()).toBe(0);
  await personNamed('Sasha').getByTestId('edit').click();
  await ofAdministrator().waitFor();
  expect(await offered('add-pictures', 'person-code', 'person-save', 'person-remove')).toEqual([0, 0, 1, 1]);
  expect(await faultsOf(page, 'person-in-groups')).toEqual([]);
});

it('so does the question about somebody who looks like them', async () => {
  await page.getByTestId('tab-enrol').click();
  await page.getByTestId('enrol-name').fill('Alex');
  await page.getByTestId('source-file').check({ force: true });
  await page.getByTestId('files').setInputFiles([sashasPhoto]);
  await page.getByTestId('thumbnail').waitFor();
  await page.getByTestId('enrol-submit').click();
  await page.getByTestId('enrol-duplicate').waitFor();
  await ofAdministrator().waitFor();
  expect(await offered('duplicate-add', 'duplicate-anyway')).toEqual([0, 1]);
  expect(await faultsOf(page, 'duplicate-in-groups')).toEqual([]);
});

it('a list says before the import which lines are for an administrator, and its check goes on to the others', async () => {
  const photo = basename(sashasPhoto);
  const list = join(dirname(sashasPhoto), 'people.csv');
  const rows = ['name;key;groups;pictures', `Jo;J-1;staff;${photo}`, `Max;M-1;;${photo}`];
  await writeFile(list, rows.join('\n'));
  await page.getByTestId('tab-people').click();
  await page.getByTestId('import').click();
  await page.getByTestId('import-files').setInputFiles([list, sashasPhoto]);
  await ofAdministrator().waitFor();
  const stateOf = (line: number) =>
    page.locator(`[data-testid="import-line"][data-line="${line}"]`).getAttribute('data-state');
  expect([await stateOf(2), await stateOf(3)]).toEqual(['failed', 'waiting']);
  expect(await faultsOf(page, 'import-reserved')).toEqual([]);
  await page.getByTestId('import-look').click();
  await page.locator('[data-testid="import-line"][data-line="3"][data-state="held"]').waitFor();
  expect(await offered('import-error', 'administrator-only')).toEqual([0, 1]);
});
