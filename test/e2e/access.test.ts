import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type AccessDay, VisitTicket, WEEKDAYS } from '#contract';
import { ATTEMPT_RULES } from '../../main/session/attempt-guard.ts';
import { emptyRoom } from '../../scripts/samples/clip.ts';
import { lintel, mustRun, newInstallation, type Installation } from '../support/appliance.ts';
import { startKiosk, type Kiosk } from '../support/kiosk.ts';
import { photoOf } from '../support/photo.ts';
import { choosePin, enterPin, openScreen, typePin, waitForScreen, type Screen } from '../support/screen.ts';
import { ask, opened } from '../shell/shell-client.ts';

const PIN = '271828';
const KIM = ['--collection', 'default', '--key', 'E-1077'] as const;

/** A door, first without a camera, then where nobody stands before it: who comes has a code. The tests follow each other. */
let installation: Installation;
let kiosk: Kiosk;
let page: Page;
let kimsCode: string;
/** The screen that has a camera. */
let seeing: Screen | undefined;

beforeAll(async () => {
  installation = await newInstallation({ mode: 'door' });
  await mustRun(installation, 'enrol', ...KIM, '--name', 'Kim', await photoOf(installation, 'Kim'));
  kiosk = await startKiosk(installation, { clip: null });
  ({ page } = kiosk.screen);
  await waitForScreen(page, 'camera-missing');
  await choosePin(page, kiosk.appliance.setupCode, PIN);
  await page.getByTestId('give-code').click();
  await page.getByTestId('code-confirm').click();
  kimsCode = (await page.getByTestId('given-code').getAttribute('data-code')) ?? '';
  await page.keyboard.press('Escape');
  await page.getByTestId('sign-out').click();
  await waitForScreen(page, 'camera-missing');
});
afterAll(async () => {
  await seeing?.close();
  await kiosk.remove();
});

/** A visitor enters a code. */
async function useCode(code: string): Promise<void> {
  await page.getByTestId('use-code').click();
  await waitForScreen(page, 'code');
  await typePin(page, code);
}

/** What the next outcome says: it stays for some seconds only. */
const outcome = (): Promise<string> => page.getByTestId('outcome').innerText();

it('a door lets in by its schedules and while access is valid, and says why not', async () => {
  const file = join(dirname(installation.data), 'rules.json');
  const openOn = async (...days: AccessDay[]): Promise<void> => {
    const schedules = [{ scheduleId: 'shift', spans: [{ days, from: '00:00', to: '24:00' }] }];
    const rules = [{ groups: ['night'], scheduleId: 'shift' }];
    await writeFile(file, JSON.stringify({ timeZone: 'UTC', schedules, rules }));
    await mustRun(installation, 'access', 'set', file);
  };
  const edit = async (...words: string[]): Promise<void> => {
    await mustRun(installation, 'edit', ...KIM, ...words);
  };
  const refusal = async (): Promise<string> => {
    await useCode(kimsCode);
    const said = await outcome();
    await waitForScreen(page, 'camera-missing');
    return said;
  };
  await edit('--groups', 'night');
  // Not on this day, nor on the one that may begin meanwhile.
  await openOn(WEEKDAYS[(new Date().getUTCDay() + 3) % 7]!);
  expect(await refusal()).toMatch(/^No access\s+You were recognised, but you have no access at this time\.$/);
  await openOn(...WEEKDAYS);
  await edit('--valid-until', '2020-01-01');
  expect(await refusal()).toMatch(/^No access\s+You were recognised, but your access has ended\./);
  await edit('--valid-until', '');
  await useCode(kimsCode);
  // Who stands behind learns no name at a door.
  expect(await outcome()).toMatch(/^Welcome\s+Your code was accepted$/);
  await waitForScreen(page, 'camera-missing');
  await mustRun(installation, 'access', 'remove');
});

it('wrong codes in a row close that way too, until an operator signs in', async () => {
  const told = page.getByTestId('pin-error');
  await page.getByTestId('use-code').click();
  await waitForScreen(page, 'code');
  for (let tries = 0; tries < 5; tries += 1) {
    await typePin(page, '00000000');
    await page.locator('.pin-dot-set').first().waitFor({ state: 'detached' });
    await told.filter({ hasText: 'not known' }).waitFor();
  }
  await typePin(page, kimsCode);
  await told.filter({ hasText: /^Too many/ }).waitFor();
  expect(await told.innerText()).toBe('Too many tries failed. Wait a moment.');
  await page.getByTestId('pin-back').click();
  await waitForScreen(page, 'camera-missing');
  await enterPin(page, PIN);
  await waitForScreen(page, 'operator-people');
  await page.getByTestId('sign-out').click();
  await waitForScreen(page, 'camera-missing');
});

/**
 * Presses Tab until a control has the focus, which is to be drawn at each control on the way.
 * @throws Error where it is not reached
 */
async function tabTo(testId: string): Promise<void> {
  await page.getByTestId(testId).first().waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    const focus = await page.evaluate<{ testId?: string; isSeen: boolean }>(FOCUS);
    expect([focus, true]).toEqual([focus, focus.isSeen]);
    if (focus.testId === testId) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${testId}.`);
}

/** What has the focus, and whether something is drawn around it, on the screen. */
const FOCUS = `(() => {
  const control = document.activeElement;
  const around = [control, control.closest('label'), control.nextElementSibling].filter((each) => each !== null);
  const isDrawn = around.some((each) => getComputedStyle(each).outlineStyle !== 'none');
  const { top, bottom } = control.getBoundingClientRect();
  const isSeen = control === document.body || control.tabIndex < 0 || (isDrawn && bottom > 0 && top < innerHeight);
  return { testId: control.dataset.testid, isSeen };
})()`;

it('by the keyboard alone a visitor turns back and comes in by code', async () => {
  await tabTo('use-code');
  await page.keyboard.press('Enter');
  await waitForScreen(page, 'code');
  await tabTo('pin-back');
  await page.keyboard.press('Escape');
  await waitForScreen(page, 'camera-missing');
  // An operator takes over from there, by the key or the lock, and gives it back.
  for (const enter of [() => page.keyboard.press('F2'), () => page.getByTestId('operator').click()]) {
    await page.getByTestId('use-code').click();
    await waitForScreen(page, 'code');
    await enter();
    await waitForScreen(page, 'operator-pin');
    await page.keyboard.press('Escape');
    await waitForScreen(page, 'camera-missing');
  }
  await tabTo('use-code');
  await page.keyboard.press('Space');
  await waitForScreen(page, 'code');
  await typePin(page, kimsCode);
  expect(await outcome()).toMatch(/^Welcome\s+Your code was accepted$/);
  await waitForScreen(page, 'camera-missing');
});

it('by the keyboard alone an operator enrols a person from a file, changes and removes them', async () => {
  const photo = await photoOf(installation, 'Robin');
  page.once('filechooser', (chooser) => void chooser.setFiles(photo));
  await page.keyboard.press('F2');
  await waitForScreen(page, 'operator-pin');
  await typePin(page, PIN);
  await waitForScreen(page, 'operator-people');
  await tabTo('tab-enrol');
  await page.keyboard.press('Enter');
  await tabTo('enrol-name');
  await page.keyboard.type('Robin');
  await tabTo('enrol-key');
  await page.keyboard.type('E-1042');
  await tabTo('source-camera');
  await page.keyboard.press('ArrowDown');
  await tabTo('choose-files');
  await page.keyboard.press('Enter');
  await page.getByTestId('thumbnail').waitFor();
  await tabTo('enrol-submit');
  await page.keyboard.press('Enter');
  await page.getByTestId('enrol-done').waitFor();
  // One picture is few: more are added on the person's page.
  await tabTo('enrol-add-pictures');
  await page.keyboard.press('Enter');
  await page.getByTestId('add-submit').waitFor();

  await tabTo('tab-people');
  await page.keyboard.press('Enter');
  await tabTo('people-search');
  await page.keyboard.type('E-1042');
  const people = page.getByTestId('person');
  await people.nth(1).waitFor({ state: 'detached' });
  await people.filter({ hasText: 'Robin' }).waitFor();
  await tabTo('edit');
  await page.keyboard.press('Enter');
  await tabTo('person-name');
  await page.keyboard.press('End');
  await page.keyboard.type(' Hood');
  await tabTo('person-save');
  await page.keyboard.press('Enter');
  await page.locator('#person-title').filter({ hasText: 'Robin Hood' }).waitFor();
  expect(await page.getByTestId('person-said').innerText()).toBe('Saved');
  // The section that one is in leads to its first page.
  await tabTo('tab-people');
  await page.keyboard.press('Enter');
  await people.filter({ hasText: 'Robin Hood' }).waitFor();
  await tabTo('edit');
  await page.keyboard.press('Enter');
  await tabTo('person-remove');
  await page.keyboard.press('Enter');
  await page.getByTestId('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByTestId('dialog').waitFor({ state: 'detached' });
  // Where it was left.
  await tabTo('person-remove');
  await page.keyboard.press('Enter');
  await tabTo('remove-confirm');
  await page.keyboard.press('Enter');
  expect(await page.getByTestId('people-empty').innerText()).toContain('Nobody found');
  expect(await page.getByTestId('people-said').innerText()).toBe('Robin Hood was removed');
  await tabTo('sign-out');
  await page.keyboard.press('Enter');
  await waitForScreen(page, 'camera-missing');
});

it('visits in a row that show nobody pause faces, and a code lets in meanwhile', async () => {
  await kiosk.screen.close();
  const clip = await emptyRoom(dirname(installation.data));
  seeing = await openScreen(await kiosk.appliance.newAddress(), { clip });
  ({ page } = seeing);
  await waitForScreen(page, 'attract');
  const { origin } = new URL(page.url());
  const cookies = await page.context().cookies();
  const headers = { cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') };
  const wall = { width: 320, height: 240, channels: 3, background: '#8a8578' } as const;
  const image = await sharp({ create: wall }).jpeg().toBuffer();
  // Another screen of the appliance, whose camera sees a wall.
  for (let isOpen = true, tries = 0; isOpen && tries <= ATTEMPT_RULES.liveness.free; tries += 1) {
    const screen = await opened(new WebSocket(`${origin.replace('http', 'ws')}/kiosk`, { origin, headers }));
    const begun = await ask(screen, 'visit.begin');
    isOpen = begun.ok;
    if (begun.ok) {
      const { visitId } = VisitTicket.parse(begun.value);
      const frames = [1, 2, 3].map((capturedAt) => ({ image, capturedAt, moment: { kind: 'frontal' } }));
      await ask(screen, 'visit.frames', { visitId, from: 0, frames });
      await ask(screen, 'visit.submit', { visitId, frameCount: frames.length });
    }
    screen.close();
  }
  await waitForScreen(page, 'paused');
  const paused = /^A short pause\s+Several tries did not work\. It goes on in [1-3]?[0-9] seconds?\.\s/;
  expect(await page.getByTestId('paused').innerText()).toMatch(paused);
  await useCode(kimsCode);
  expect(await outcome()).toMatch(/^Welcome\s+Your code was accepted$/);
  await waitForScreen(page, 'paused', 'attract');
});

it('a visitor begins by the keyboard, chooses a language, goes without light, and signs in and out', async () => {
  const { answer } = await lintel(installation, 'visitor', 'add', '--name', 'Noor');
  await enterPin(page, PIN);
  await waitForScreen(page, 'operator-people');
  await page.getByTestId('tab-settings').click();
  await page.getByTestId('mode-attendance').check({ force: true });
  await page.getByTestId('attendance-by-touch').check({ force: true });
  await page.getByTestId('languages').check({ force: true });
  await page.getByTestId('assurance-light').check({ force: true });
  await page.getByTestId('saved').waitFor();
  await page.getByTestId('sign-out').click();
  await waitForScreen(page, 'attract');
  for (const language of ['de', 'fr', 'es', 'ar', 'en']) {
    await page.getByTestId(`visitor-language-${language}`).click();
    await page.locator(`html[lang="${language}"]`).waitFor();
  }
  await tabTo('start-out');
  await page.keyboard.press('Enter');
  await page.getByTestId('without-light').click();
  await page.getByTestId('without-light').waitFor({ state: 'detached' });
  await page.getByTestId('use-code').click();
  await typePin(page, String(answer['code']));
  expect(await outcome()).toMatch(/^Welcome\s+Noor\s+You are signed in/);
  await waitForScreen(page, 'attract');
  await useCode(String(answer['code']));
  expect(await outcome()).toMatch(/^Goodbye\s+Noor\s+You are signed out/);
});
