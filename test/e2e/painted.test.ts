import { cp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { fileKekProvider, openStore } from '#core/store';
import { createCameraWatch } from '../../main/camera/index.ts';
import {
  mustRun,
  newInstallation,
  startAppliance,
  type Installation,
  type RunningAppliance,
} from '../support/appliance.ts';
import { faultsOf } from '../support/faults.ts';
import { keysOf } from '../support/keypad.ts';
import { startKiosk, type Kiosk } from '../support/kiosk.ts';
import { photoOf } from '../support/photo.ts';
import { readCode } from '../support/read-code.ts';
import { enterPin, typePin, waitForScreen } from '../support/screen.ts';
import { ask, opened } from '../shell/shell-client.ts';

const PIN = '271828';
const LONG = 'Maximiliana-Theodora Wolfeschlegelsteinhausenbergerdorff-Hohenlohe';

let installation: Installation;
let kiosk: Kiosk;
let page: Page;
/** Once the first one was stopped. */
let again: RunningAppliance | undefined;

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
  await trustOtherCamera(installation);
  kiosk = await startKiosk(installation, { clip: null });
  ({ page } = kiosk.screen);
});
afterAll(async () => {
  await again?.stop();
  await kiosk.remove();
});

/** Lets another camera belong to the machine than the one that is connected. */
async function trustOtherCamera({ data, keyFile }: Installation): Promise<void> {
  const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
  const identity = { name: 'Camera of before', vendor: null, product: null, serial: null, path: '1-9' };
  const devices = async () => [{ node: 'video0', name: identity.name, identity, isVirtual: false }];
  await createCameraWatch({ store, devices }).confirm(store);
  await store.close();
}

/** An attribute of each element that is found, in the order of the page. */
async function attributesOf(found: Locator, name: string): Promise<(string | null)[]> {
  return await Promise.all((await found.all()).map((element) => element.getAttribute(name)));
}

it('the pages of an operator are painted whole and break no rule of WCAG, at every size', async () => {
  await waitForScreen(page, 'camera-missing');
  await page.evaluate(`location.hash = '#operator'`);
  await waitForScreen(page, 'operator-pin');
  expect.soft(await faultsOf(page, 'pin-set-up', false)).toEqual([]);
  await typePin(page, kiosk.appliance.setupCode ?? '');
  await page.locator('[data-mode="choose"]').waitFor();
  const keys = await keysOf(page);
  await typePin(page, '123456');
  await page.getByTestId('pin-error').filter({ hasText: /./ }).waitFor();
  expect.soft(await keysOf(page)).toEqual(keys);
  expect.soft(await faultsOf(page, 'pin-choose', false)).toEqual([]);
  await typePin(page, PIN);
  await page.locator('[data-mode="repeat"]').waitFor();
  await typePin(page, PIN);
  await page.getByTestId('people-list').waitFor();
  expect.soft(await faultsOf(page, 'people')).toEqual([]);
  await page.getByTestId('edit').last().click();
  await page.getByTestId('kept-pictures').waitFor();
  expect.soft(await faultsOf(page, 'person')).toEqual([]);
  await page.getByTestId('person-close').click();
  await page.getByTestId('remove').first().click();
  expect.soft(await faultsOf(page, 'remove', false)).toEqual([]);
  await page.keyboard.press('Escape');
  for (const tab of ['enrol', 'visitors', 'events', 'server', 'settings'] as const) {
    await page.getByTestId(`tab-${tab}`).click();
    await waitForScreen(page, `operator-${tab}`);
    if (tab === 'settings') await page.getByTestId('camera-trust').waitFor();
    expect.soft(await faultsOf(page, tab)).toEqual([]);
  }
});

it('a camera that changed belongs to the machine once an operator has confirmed it', async () => {
  expect(await page.getByTestId('camera-trust').getByRole('listitem').innerText()).toBe('Test camera (1-1)');
  await page.getByTestId('camera-confirm').click();
  await page.getByTestId('camera-trust').waitFor({ state: 'detached' });
});

it('the same pages are from right to left, and the keyboard on the screen', async () => {
  await page.getByTestId('language-ar').check({ force: true });
  await page.locator('html[dir="rtl"]').waitFor();
  expect.soft(await faultsOf(page, 'settings-ar')).toEqual([]);
  await page.getByTestId('tab-people').click();
  await page.getByTestId('people-list').waitFor();
  expect.soft(await faultsOf(page, 'people-ar')).toEqual([]);
  await page.getByTestId('keyboard-toggle').click();
  await page.getByTestId('keyboard').waitFor();
  expect.soft(await faultsOf(page, 'keyboard')).toEqual([]);
  await page.getByTestId('keyboard-toggle').click();
});

it('a visitor with a code comes in while there is no camera', async () => {
  await page.getByTestId('give-code').last().click();
  await page.getByTestId('code-confirm').click();
  const code = await page.getByTestId('given-code').getAttribute('data-code');
  expect.soft(await faultsOf(page, 'code-given', false)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByTestId('sign-out').click();
  await waitForScreen(page, 'camera-missing');
  await page.getByTestId('use-code').click();
  await waitForScreen(page, 'code');
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
  await lines.first().locator('summary').first().click();
  const granted = page.locator('[data-testid="event"][data-outcome="granted"]:first-child');
  await granted.waitFor();
  expect(await lines.count()).toBe(2);
  await page.getByTestId('events-refused').check({ force: true });
  await page.locator('[data-testid="event"]:only-child[data-outcome="denied"]').waitFor();
  await lines.first().locator('summary').first().click();
  expect.soft(await faultsOf(page, 'events-refused')).toEqual([]);
});

it('a person is enrolled once they have ticked the text, and forgotten in two touches when they take that back', async () => {
  const photo = await photoOf(installation, 'Sasha');
  await page.getByTestId('tab-enrol').click();
  await page.getByTestId('enrol-name').fill('Sasha');
  await page.getByTestId('source-file').check({ force: true });
  await page.getByTestId('files').setInputFiles([photo]);
  await page.getByTestId('thumbnail').waitFor();
  await page.getByTestId('enrol-submit').click();
  await page.getByTestId('consent').getByRole('alert').waitFor();
  expect.soft(await faultsOf(page, 'enrol-unsigned')).toEqual([]);
  await page.getByTestId('consent-tick').check();
  await page.getByTestId('enrol-submit').click();
  await page.getByTestId('enrol-done').waitFor();
  expect.soft(await faultsOf(page, 'enrolled')).toEqual([]);
  await page.getByTestId('tab-people').click();
  const sasha = page.getByTestId('person').filter({ hasText: 'Sasha' });
  await sasha.getByTestId('remove').click();
  await page.getByTestId('withdraw-consent').click();
  await sasha.waitFor({ state: 'detached' });
  expect(await page.getByTestId('person').count()).toBe(2);
});

it('an operator issues a card of somebody enrolled, prints it, and revokes it', async () => {
  await page.getByTestId('tab-settings').click();
  await page.getByTestId('cards').check({ force: true });
  await page.getByTestId('saved').waitFor();
  await page.getByTestId('tab-people').click();
  await page.getByTestId('person').filter({ hasText: LONG }).getByTestId('edit').click();
  await page.getByTestId('person-card').click();
  expect.soft(await faultsOf(page, 'card-ask', false)).toEqual([]);
  await page.getByTestId('card-confirm').click();
  const cardId = await page.getByTestId('card-number').innerText();
  expect.soft(await faultsOf(page, 'card-given', false)).toEqual([]);
  const card = await readCode(await page.screenshot());
  expect(card).toMatch(/^LINTEL1:/);

  // On paper there is nothing else.
  const pdf = await page.pdf();
  expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  await page.emulateMedia({ media: 'print' });
  expect(await readCode(await page.screenshot())).toBe(card);
  const shown = await page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
    .filter((each) => each.children.length === 0 && each.textContent.trim() !== '')
    .filter((each) => each.checkVisibility({ visibilityProperty: true })).map((each) => each.textContent)`);
  expect(shown).toEqual([LONG, cardId]);
  await page.emulateMedia({ media: null });

  const { origin } = new URL(page.url());
  const cookies = await page.context().cookies();
  const headers = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
  const other = await opened(new WebSocket(`${origin.replace('http', 'ws')}/kiosk`, { origin, headers }));
  expect(await ask(other, 'visit.card', { card })).toMatchObject({ ok: true });
  await page.getByTestId('card-done').click();
  await page.getByTestId('person-close').click();
  await page.getByTestId('cards-open').click();
  await page
    .locator('[data-testid="card"][data-state="good"]')
    .filter({ hasText: cardId })
    .filter({ hasText: LONG })
    .waitFor();
  expect.soft(await faultsOf(page, 'cards')).toEqual([]);
  await page.getByTestId('card-end').click();
  await page.getByTestId('revoke-confirm').click();
  await page.locator('[data-testid="card"][data-state="revoked"]').filter({ hasText: cardId }).waitFor();
  expect(await ask(other, 'visit.card', { card })).toMatchObject({ error: { code: 'card-revoked' } });
  other.close();
});

it('who agreed to another text is asked for the one in force', async () => {
  await page.getByTestId('tab-settings').click();
  await page.getByTestId('consent-version').fill('v2');
  await page.getByTestId('consent-save').click();
  await page.getByTestId('tab-people').click();
  await page.getByTestId('person').filter({ hasText: LONG }).getByTestId('edit').click();
  await page.getByTestId('person-consent').filter({ hasText: 'v1' }).waitFor();
  await page.getByTestId('ask-consent').click();
  await page.getByTestId('ask-consent-confirm').click();
  expect.soft(await faultsOf(page, 'ask-consent', false)).toEqual([]);
  await page.getByTestId('consent-tick').check();
  await page.getByTestId('ask-consent-confirm').click();
  await page.getByTestId('person-consent').filter({ hasText: 'v2' }).waitFor();
  expect.soft(await faultsOf(page, 'person-agreed')).toEqual([]);
});

it('a visitor who is expected signs in by code, is listed as here, and is signed out', async () => {
  await page.getByTestId('tab-visitors').click();
  await page.getByTestId('visitor-name').fill('Noor Visitor');
  await page.getByTestId('visitor-host').fill('Robin Host');
  await page.getByTestId('visitor-add').click();
  const code = await page.getByTestId('visitor-code').getAttribute('data-code');
  expect.soft(await faultsOf(page, 'visitor-code', false)).toEqual([]);
  await page.getByTestId('visitor-code-done').click();
  await page.locator('[data-testid="visitor"][data-state="expected"]').waitFor();
  expect.soft(await faultsOf(page, 'visitors-expected')).toEqual([]);
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
  expect(await page.getByTestId('present-page').innerText()).toContain('Noor Visitor');
  expect.soft(await faultsOf(page, 'who-is-here')).toEqual([]);
  await page.getByTestId('present-close').click();
  await page.getByTestId('visitor-sign-out').click();
  await page.locator('[data-testid="visitor"][data-state="left"]').waitFor();
});

it('people of a list are enrolled from its files, and each other line says why not', async () => {
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
  const other = join(dirname(sasha), 'others.csv');
  await writeFile(other, 'name;pictures\r\n');
  await page.getByTestId('import-files').setInputFiles([list, other, sasha, kim]);
  expect(await page.getByTestId('import-error').innerText()).toContain('people.csv, others.csv');
  await page.getByTestId('import-files').setInputFiles([list, sasha, kim]);
  await page.getByTestId('import-run').waitFor();
  // Nothing is said of a result before there is one.
  expect(await page.getByTestId('import-check').innerText()).toContain('people.csv');
  expect(await page.getByTestId('import-counts').count()).toBe(0);
  expect.soft(await faultsOf(page, 'import')).toEqual([]);
  // A check of the pictures says what would become of each line, and enrols nobody.
  await page.getByTestId('import-look').click();
  await page.getByTestId('import-look').waitFor({ state: 'detached' });
  await page.getByTestId('import-run').waitFor();
  expect(await attributesOf(page.getByTestId('import-line'), 'data-state')).toEqual([
    'refused',
    'missing',
    'held',
    'known',
    'waiting',
  ]);
  expect(await page.getByTestId('import-counts').count()).toBe(0);
  expect.soft(await faultsOf(page, 'import-checked')).toEqual([]);
  await page.getByTestId('import-signed').check();
  await page.getByTestId('import-run').click();
  await page.locator('[data-testid="import-line"][data-state="enrolled"]').waitFor();
  // What somebody has to look at comes first.
  expect(await attributesOf(page.getByTestId('import-line'), 'data-state')).toEqual([
    'refused',
    'missing',
    'held',
    'known',
    'enrolled',
  ]);
  expect(await page.getByTestId('import-line').first().innerText()).toMatch(/Alex[^]*512[^]*ASCII/);
  expect.soft(await faultsOf(page, 'imported')).toEqual([]);
});

it('operators sign in by name and see what their role is for, at every size', async () => {
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
  expect.soft(await faultsOf(page, 'operator-pin', false)).toEqual([]);
  const keys = await keysOf(page);
  await typePin(page, '123456');
  await page.getByTestId('pin-error').filter({ hasText: /./ }).waitFor();
  expect.soft(await keysOf(page)).toEqual(keys);
  await typePin(page, RECEPTION);
  await typePin(page, RECEPTION);
  await page.getByTestId('operator').nth(1).waitFor();
  expect.soft(await faultsOf(page, 'operators')).toEqual([]);
  await page.getByTestId('sign-out').click();

  await page.evaluate(`location.hash = '#operator'`);
  await page.getByTestId('who').waitFor();
  expect.soft(await faultsOf(page, 'who', false)).toEqual([]);
  await page.getByRole('button', { name: 'Sam' }).click();
  await page.getByTestId('pin').waitFor();
  expect.soft(await faultsOf(page, 'pin', false)).toEqual([]);
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
  expect.soft(await faultsOf(page, 'own-settings')).toEqual([]);
  await page.getByTestId('sign-out').click();

  await page.evaluate(`location.hash = '#operator'`);
  await page.getByTestId('who-administrator').click();
  await typePin(page, PIN);
  await page.getByTestId('tab-events').click();
  await page.getByTestId('audit').click();
  const added = page.getByTestId('audit-line').filter({ hasText: 'operator-added' });
  await added.filter({ hasText: 'operator:administrator' }).waitFor();
  expect.soft(await faultsOf(page, 'audit')).toEqual([]);
});

it('a store that was set back says so, on both sides, and is decided about once', async () => {
  const { data } = installation;
  const [store, copy] = [join(data, 'store'), join(dirname(data), 'copy')];
  await kiosk.appliance.stop();
  await waitForScreen(page, 'reconnecting');
  await cp(store, copy, { recursive: true });
  await mustRun(installation, 'erase', '--key', 'E-9');
  await rm(store, { recursive: true });
  await rename(copy, store);
  again = await startAppliance(installation);
  await page.goto(again.address);
  await waitForScreen(page, 'set-back');
  await page.evaluate(`location.hash = '#operator'`);
  await page.getByTestId('who-administrator').click();
  await typePin(page, PIN);
  await page.getByTestId('set-back').waitFor();
  expect.soft(await faultsOf(page, 'set-back-people')).toEqual([]);
  await page.getByTestId('set-back-erase').click();
  expect.soft(await faultsOf(page, 'set-back-decide', false)).toEqual([]);
  await page.getByTestId('set-back-confirm').click();
  await page.getByTestId('set-back').waitFor({ state: 'detached' });
  await page.getByTestId('person').filter({ hasText: 'Sasha' }).waitFor({ state: 'detached' });
  expect(await page.getByTestId('person').count()).toBe(2);
});
