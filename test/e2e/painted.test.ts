import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Locator } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { emptyRoom } from '../../scripts/samples/clip.ts';
import { mustRun, newInstallation, type Installation } from '../support/appliance.ts';
import { startKiosk, type Kiosk } from '../support/kiosk.ts';
import { SIZES, unpainted } from '../support/painted.ts';
import { photoOf } from '../support/photo.ts';
import { choosePin, enterPin, openScreen, typePin, waitForScreen, type Screen } from '../support/screen.ts';

const PIN = '271828';
const LONG = 'Maximiliana-Theodora Wolfeschlegelsteinhausenbergerdorff-Hohenlohe';

let installation: Installation;
let kiosk: Kiosk;
let screen: Screen;

beforeAll(async () => {
  installation = await newInstallation({
    assurance: 'light',
    consent: {
      version: 'v1',
      purpose: 'check-in at this desk',
      text: 'I agree to be recognised here. '.repeat(20),
    },
  });
  for (const [person, name, key] of [
    ['Robin', 'Robin', 'E-1042'],
    ['Kim', LONG, 'a-key-as-long-as-a-badge-of-another-system-has-it-0000000000000042'],
  ] as const) {
    const photo = await photoOf(installation, person);
    const named = ['--collection', 'default', '--key', key, '--name', name, '--consent', 'signature'];
    await mustRun(installation, 'enrol', ...named, photo);
  }
  kiosk = await startKiosk(installation, { clip: await emptyRoom(dirname(installation.data)) });
  ({ screen } = kiosk);
});
afterAll(async () => {
  await screen.close();
  await kiosk.remove();
});

/** What is wrong with the present screen at each size, with text as it is and twice as large. */
async function atAllSizes(scrolls: boolean): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const size of SIZES) {
    await screen.page.setViewportSize(size);
    for (const text of [100, 200]) {
      await screen.page.evaluate(`document.documentElement.style.fontSize = '${text}%'`);
      // Text twice as large may have to be scrolled to.
      const wrong = await unpainted(screen.page, scrolls || text > 100);
      if (wrong.length > 0) found[`${size.width}x${size.height}, text ${text} %`] = wrong;
    }
  }
  await screen.page.evaluate(`document.documentElement.style.fontSize = ''`);
  return found;
}

/** An attribute of each element that is found, in the order of the page. */
async function attributesOf(found: Locator, name: string): Promise<(string | null)[]> {
  return await Promise.all((await found.all()).map((element) => element.getAttribute(name)));
}

it('a visitor may begin, go without light or use a code, at every size', async () => {
  const { page } = screen;
  await waitForScreen(page, 'attract');
  expect(await atAllSizes(false)).toEqual({});
  await page.getByTestId('start').click();
  await page.getByTestId('without-light').waitFor();
  expect(await atAllSizes(false)).toEqual({});
});

it('a visitor may choose a language, sign in or out, or use a code, at every size', async () => {
  const { page } = screen;
  await page.evaluate(`location.hash = '#operator'`);
  await waitForScreen(page, 'operator-pin');
  expect(await atAllSizes(false)).toEqual({});
  await choosePin(page, kiosk.appliance.setupCode, PIN);
  await page.getByTestId('tab-settings').click();
  await page.getByTestId('mode-attendance').check({ force: true });
  await page.getByTestId('attendance-by-touch').check({ force: true });
  await page.getByTestId('languages').check({ force: true });
  await page.getByTestId('saved').waitFor();
  await page.getByTestId('sign-out').click();
  await waitForScreen(page, 'attract');
  await page.getByTestId('start-out').waitFor();
  for (const language of ['de', 'fr', 'es', 'ar', 'en']) {
    await page.getByTestId(`visitor-language-${language}`).click();
    await page.locator(`html[lang="${language}"]`).waitFor();
    expect([language, await atAllSizes(false)]).toEqual([language, {}]);
  }
  await screen.close();
});

it('every control of every screen is painted whole and can be pressed, at every size', async () => {
  screen = await openScreen(await kiosk.appliance.newAddress(), { clip: null });
  const { page } = screen;
  const wrong: Record<string, Record<string, string[]>> = {};
  const look = async (name: string, scrolls = true): Promise<void> => {
    const found = await atAllSizes(scrolls);
    if (Object.keys(found).length > 0) wrong[name] = found;
  };
  await waitForScreen(page, 'camera-missing');
  await look('camera-missing', false);
  await enterPin(page, PIN);
  await page.getByTestId('people-list').waitFor();
  await look('people');
  await page.getByTestId('edit').last().click({ timeout: 5000 });
  await page.getByTestId('kept-pictures').waitFor();
  await look('person');
  await page.getByTestId('person-close').click();
  await page.getByTestId('remove').first().click({ timeout: 5000 });
  await look('remove', false);
  await page.keyboard.press('Escape');
  for (const tab of ['enrol', 'visitors', 'events', 'server', 'settings']) {
    await page.getByTestId(`tab-${tab}`).click();
    await waitForScreen(page, `operator-${tab}`);
    await look(tab);
  }
  await page.getByTestId('language-ar').check({ force: true });
  await page.locator('html[dir="rtl"]').waitFor();
  await look('settings in Arabic');
  await page.getByTestId('mode-check-in').check({ force: true });
  await page.getByTestId('tab-people').click();
  await page.getByTestId('people-list').waitFor();
  await look('people in Arabic');
  expect(wrong).toEqual({});
});

it('a visitor with a code comes in while there is no camera', async () => {
  const { page } = screen;
  await page.getByTestId('give-code').last().click();
  await page.getByTestId('code-confirm').click();
  const code = await page.getByTestId('given-code').getAttribute('data-code');
  await page.keyboard.press('Escape');
  await page.getByTestId('sign-out').click();
  await waitForScreen(page, 'camera-missing');
  await page.getByTestId('use-code').click();
  await waitForScreen(page, 'code');
  expect(await atAllSizes(false)).toEqual({});
  await typePin(page, '00000000');
  await page.getByTestId('pin-error').filter({ hasText: /./ }).waitFor();
  await typePin(page, code ?? '');
  await waitForScreen(page, 'welcome');
  await waitForScreen(page, 'camera-missing');

  // An operator sees both, and why.
  await page.evaluate(`location.hash = '#operator'`);
  await waitForScreen(page, 'operator-pin');
  await enterPin(page, PIN);
  await page.getByTestId('tab-events').click();
  const lines = page.getByTestId('event');
  await lines.first().locator('summary').click();
  const granted = page.locator('[data-testid="event"][data-outcome="granted"]:first-child');
  await granted.waitFor();
  expect(await lines.count()).toBe(2);
  await page.getByTestId('events-refused').check({ force: true });
  await page.locator('[data-testid="event"]:only-child[data-outcome="denied"]').waitFor();
  await lines.first().locator('summary').click();
  expect(await atAllSizes(true)).toEqual({});
});

it('a person is enrolled once they have ticked the text, and forgotten in two touches when they take that back', async () => {
  const { page } = screen;
  const photo = await photoOf(installation, 'Sasha');
  await page.getByTestId('tab-enrol').click();
  await page.getByTestId('enrol-name').fill('Sasha');
  await page.getByTestId('source-file').check({ force: true });
  await page.getByTestId('files').setInputFiles([photo]);
  await page.getByTestId('thumbnail').waitFor();
  await page.getByTestId('enrol-submit').click();
  await page.getByTestId('consent').getByRole('alert').waitFor();
  await page.getByTestId('consent-tick').check();
  await page.getByTestId('enrol-submit').click();
  await page.getByTestId('enrol-done').waitFor();
  await page.getByTestId('tab-people').click();
  const sasha = page.getByTestId('person').filter({ hasText: 'Sasha' });
  await sasha.getByTestId('remove').click();
  await page.getByTestId('withdraw-consent').click();
  await sasha.waitFor({ state: 'detached' });
  expect(await page.getByTestId('person').count()).toBe(2);
});

it('a visitor who is expected signs in by code, is listed as here, and is signed out', async () => {
  const { page } = screen;
  await page.getByTestId('tab-visitors').click();
  await page.getByTestId('visitor-name').fill('Noor Visitor');
  await page.getByTestId('visitor-host').fill('Robin Host');
  await page.getByTestId('visitor-add').click();
  const code = await page.getByTestId('visitor-code').getAttribute('data-code');
  await page.getByTestId('visitor-code-done').click();
  await page.locator('[data-testid="visitor"][data-state="expected"]').waitFor();
  expect(await atAllSizes(true)).toEqual({});
  await page.getByTestId('sign-out').click();
  await waitForScreen(page, 'camera-missing');
  await page.getByTestId('use-code').click();
  await waitForScreen(page, 'code');
  await typePin(page, code ?? '');
  await waitForScreen(page, 'welcome');
  expect(await page.getByTestId('name').textContent()).toBe('Noor Visitor');
  expect(await page.getByTestId('outcome').innerText()).toContain('Robin Host');

  await waitForScreen(page, 'camera-missing');
  await enterPin(page, PIN);
  await page.getByTestId('tab-visitors').click();
  await page.getByTestId('who-is-here').click();
  await page.getByTestId('present-line').waitFor();
  expect(await page.getByTestId('present').innerText()).toContain('Noor Visitor');
  expect(await atAllSizes(true)).toEqual({});
  await page.getByTestId('present-close').click();
  await page.getByTestId('visitor-sign-out').click();
  await page.locator('[data-testid="visitor"][data-state="left"]').waitFor();
});

it('people of a list are enrolled from its files, and each other line says why not', async () => {
  const { page } = screen;
  const sasha = await photoOf(installation, 'Sasha');
  const kim = await photoOf(installation, 'Kim');
  const list = join(dirname(sasha), 'people.csv');
  const rows = [
    'name;key;groups;pictures',
    `Robin;E-1042;staff;${basename(sasha)}`,
    `Sasha;E-9;staff|night;${basename(sasha)}`,
    `Alex;no key;;${basename(sasha)}`,
    `Jo;E-10;;${'jo'.repeat(30)}.jpg`,
    `Kim;E-11;;${basename(kim)}`,
  ];
  await writeFile(list, `\ufeff${rows.join('\r\n')}\r\n`);
  await page.getByTestId('tab-people').click();
  await page.getByTestId('import').click();
  await page.getByTestId('import-files').setInputFiles([list, sasha, kim]);
  await page.getByTestId('import-run').waitFor();
  expect(await atAllSizes(true)).toEqual({});
  await page.getByTestId('import-signed').check();
  await page.getByTestId('import-run').click();
  await page.locator('[data-testid="import-line"][data-state="held"]').waitFor();
  expect(await attributesOf(page.getByTestId('import-line'), 'data-state')).toEqual([
    'known',
    'enrolled',
    'refused',
    'missing',
    'held',
  ]);
});

it('operators sign in by name and see what their role is for, at every size', async () => {
  const { page } = screen;
  const RECEPTION = '482951';
  const dialog = page.getByTestId('dialog');
  await page.getByTestId('tab-settings').click();
  await page.getByTestId('operator').waitFor();
  await page.getByTestId('operator-remove').click();
  await page.getByTestId('operator-remove-confirm').click();
  // The last administrator stays.
  await dialog.getByRole('alert').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('operator-name').fill(`Sam ${LONG}`);
  await page.getByTestId('operator-add').click();
  await dialog.waitFor();
  await typePin(page, RECEPTION);
  await typePin(page, RECEPTION);
  await page.getByTestId('operator').nth(1).waitFor();
  expect(await atAllSizes(true)).toEqual({});
  await page.getByTestId('sign-out').click();

  await page.evaluate(`location.hash = '#operator'`);
  await page.getByTestId('who').waitFor();
  expect(await atAllSizes(false)).toEqual({});
  await page.getByRole('button', { name: 'Sam' }).click();
  await page.getByTestId('pin').waitFor();
  expect(await atAllSizes(false)).toEqual({});
  await typePin(page, RECEPTION);
  await waitForScreen(page, 'operator-people');
  expect(await attributesOf(page.locator('[data-testid^="tab-"]'), 'data-testid')).toEqual([
    'tab-people',
    'tab-enrol',
    'tab-visitors',
    'tab-settings',
  ]);
  await page.getByTestId('tab-settings').click();
  await page.getByTestId('change-pin').waitFor();
  expect(await page.getByTestId('operators').count()).toBe(0);
  expect(await atAllSizes(true)).toEqual({});
  await page.getByTestId('sign-out').click();

  await page.evaluate(`location.hash = '#operator'`);
  await page.getByTestId('who-administrator').click();
  await typePin(page, PIN);
  await page.getByTestId('tab-events').click();
  await page.getByTestId('audit').click();
  const added = page.getByTestId('audit-line').filter({ hasText: 'operator-added' });
  await added.filter({ hasText: 'operator:administrator' }).waitFor();
  expect(await atAllSizes(true)).toEqual({});
});
