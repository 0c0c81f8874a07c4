import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cameraClip, codeFrames, portrait } from '../../scripts/samples/clip.ts';
import { CLIP_STEPS, liveClip } from '../../scripts/samples/live-head.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import {
  forgetFrames,
  lintel,
  newInstallation,
  startAppliance,
  type Installation,
  type RunningAppliance,
} from '../support/appliance.ts';
import { faultsOf } from '../support/faults.ts';
import { enterPin, openScreen, typePin, waitForScreen, type Screen } from '../support/screen.ts';

const PIN = '271828';
/** Who comes to the camera. */
const VISITORS = ['Robin', 'Sasha', 'Kim'] as const;
/** One appliance over a whole day; the tests are its visitors, in order. */
describe('a day at the kiosk', () => {
  let installation: Installation;
  let appliance: RunningAppliance;
  let address: string | null;
  let screen: Screen | undefined;
  /** Recordings that the appliance has seen since it was started. */
  const seen = new Set<string>();

  beforeAll(async () => {
    for (const person of VISITORS) await liveClip(sampleFace(person));
    installation = await newInstallation({ challengeSteps: [...CLIP_STEPS], stepSeconds: 12 });
    appliance = await startAppliance(installation);
    address = appliance.address;
  });
  afterEach(async () => {
    await screen?.close();
    screen = undefined;
  });
  afterAll(async () => {
    await appliance.stop();
    await installation.remove();
  });

  /** The kiosk with this person before the camera; null for a machine without a camera. */
  async function visitedBy(person: (typeof VISITORS)[number] | null): Promise<Page> {
    return await seeing(person === null ? null : await liveClip(sampleFace(person)));
  }

  async function seeing(clip: string | null): Promise<Page> {
    // A recording is taken once only: the appliance would know it again.
    if (clip !== null && seen.has(clip)) {
      seen.clear();
      await appliance.stop();
      await forgetFrames(installation);
      appliance = await startAppliance(installation);
      address = appliance.address;
    }
    if (clip !== null) seen.add(clip);
    screen = await openScreen(address ?? (await appliance.newAddress()), { clip });
    address = null;
    return screen.page;
  }

  /** A visitor comes until the kiosk has an answer, and tries again when it asks for that. */
  async function outcomeOf(person: (typeof VISITORS)[number]): Promise<{ page: Page; outcome: string }> {
    for (let attempt = 1; ; attempt += 1) {
      const page = await visitedBy(person);
      const outcome = await waitForScreen(page, 'welcome', 'not-recognised', 'try-again');
      if (outcome !== 'try-again' || attempt === 3) return { page, outcome };
      await screen!.close();
    }
  }

  it('says so when no camera is connected, and still lets the operator in, who has the set-up code', async () => {
    const page = await visitedBy(null);
    await waitForScreen(page, 'camera-missing');
    await enterPin(page, '0000000000');
    await page.locator('[data-mode="choose"]').waitFor();
    await typePin(page, '123456');
    await page.getByTestId('pin-error').filter({ hasText: 'too easy to guess' }).waitFor();
    await typePin(page, PIN);
    await page.locator('[data-mode="repeat"]').waitFor();
    await typePin(page, PIN);
    await page.locator('[data-mode="setup"]').waitFor();
    await page.getByTestId('pin-error').filter({ hasText: 'set-up code is wrong' }).waitFor();
    // The PIN is kept, and only repeated.
    await typePin(page, appliance.setupCode!);
    await page.locator('[data-mode="repeat"]').waitFor();
    await typePin(page, PIN);
    await page.getByTestId('people-empty').waitFor();
    expect(await page.getByTestId('person').count()).toBe(0);
  });

  it('refuses a wrong PIN', async () => {
    const page = await visitedBy(null);
    await enterPin(page, '000000');
    await page.getByTestId('pin-error').filter({ hasText: /./ }).waitFor();
    expect(await waitForScreen(page, 'operator-pin')).toBe('operator-pin');
  });

  it('takes a digit that is typed the moment the pad shows', async () => {
    const page = await visitedBy(null);
    await page.evaluate(`
      new MutationObserver((_, observer) => {
        if (document.body.dataset.screen !== 'operator-pin') return;
        observer.disconnect();
        dispatchEvent(new KeyboardEvent('keydown', { key: '7' }));
      }).observe(document.body, { attributes: true });
      location.hash = '#operator';
    `);
    await waitForScreen(page, 'operator-pin');
    await expect.poll(() => page.locator('.pin-dot-set').count()).toBe(1);
  });

  it('does not know anybody before the first enrolment, says so by a tone, and is silent again', async () => {
    const { page, outcome } = await outcomeOf('Robin');
    expect(outcome).toBe('not-recognised');
    await expect.poll(await soundsOf(page)).toEqual(['suspended']);
  });

  it('enrols a person from files and says which could not be used, and how many people one shows', async () => {
    const [photo, empty, couple] = ['robin.jpg', 'empty.jpg', 'couple.jpg'].map((name) =>
      join(installation.data, '..', name),
    ) as [string, string, string];
    const robin = await portrait(sampleFace('Robin', 1));
    const { width } = await sharp(robin).metadata();
    await writeFile(photo, robin);
    await writeFile(empty, '');
    const beside = sharp(robin)
      .extend({ right: width })
      .composite([{ input: robin, left: width, top: 0 }]);
    await writeFile(couple, await beside.jpeg().toBuffer());
    const page = await visitedBy(null);
    await enrolFrom(page, 'Robin', [photo, empty, couple]);
    await page.getByTestId('enrol-done').waitFor();
    const rejected = page.getByTestId('rejected');
    expect(await rejected.first().getAttribute('data-code')).toBe('image-empty');
    expect(await rejected.last().innerText()).toContain('shows 2 faces');
    expect.soft(await faultsOf(page, 'enrolled-with-rejected')).toEqual([]);
    await page.getByTestId('tab-enrol').click();
    await page.getByTestId('enrol-name').waitFor();
  });

  it('asks before it enrols a person who looks enrolled already', async () => {
    const photo = join(installation.data, '..', 'robin-again.jpg');
    await writeFile(photo, await portrait(sampleFace('Robin', 0)));
    const page = await visitedBy(null);
    await enrolFrom(page, 'Robin B', [photo]);
    await page.getByTestId('duplicate-anyway').click();
    await page.getByTestId('enrol-error').filter({ hasText: 'Robin has this external key.' }).waitFor();
    await page.getByTestId('enrol-key').fill('');
    await page.getByTestId('enrol-submit').click();
    await page.getByTestId('suspect').getByTestId('kept-pictures').locator('img').waitFor();
    expect.soft(await faultsOf(page, 'enrol-duplicate')).toEqual([]);
    await page.getByTestId('duplicate-add').click();
    await page.getByTestId('enrol-done').waitFor();
    await page.getByTestId('tab-people').click();
    await page.getByTestId('person').waitFor();
    expect(await page.getByTestId('person').count()).toBe(1);
  });

  it('corrects a name and a key, and keeps what another person has', async () => {
    const page = await visitedBy(null);
    await enterPin(page, PIN);
    const edited = async (name: string, key: string): Promise<string> => {
      await page.getByTestId('person').getByTestId('edit').click();
      await page.getByTestId('kept-pictures').locator('img').nth(1).waitFor();
      await page.getByTestId('person-name').fill(name);
      await page.getByTestId('person-key').fill(key);
      await page.getByTestId('person-save').click();
      // The title follows what was saved; the button is also off while that goes on.
      await page
        .locator('#person-title')
        .filter({ hasText: new RegExp(`^${name}$`) })
        .waitFor();
      await page.getByTestId('person-close').click();
      // The list shows what was saved once it is read again.
      const person = page.getByTestId('person').filter({ hasText: key });
      return await person.innerText();
    };
    expect(await edited('Robin Hood', 'E-1042')).toMatch(/^Robin Hood\s+E-1042\s/);
    // Whom an earlier search no longer finds is shown all the same.
    await page.getByTestId('people-search').fill('E-1042');
    expect(await edited('Robin', 'robin-1')).toMatch(/^Robin\s+robin-1\s/);
  });

  it('welcomes that person at the camera, by name, after the steps', async () => {
    const asking = await visitedBy('Robin');
    const asked = await asking.getByTestId('step').getAttribute('data-step');
    expect(CLIP_STEPS).toContain(asked);
    // An operator takes over, and the appliance hears that this visit is over.
    await asking.evaluate(NOTE_CANCEL);
    await asking.keyboard.press('F2');
    await waitForScreen(asking, 'operator-pin');
    expect(await asking.evaluate(`window.cancelled`)).toBe(1);
    await screen!.close();
    const { page, outcome } = await outcomeOf('Robin');
    expect(outcome).toBe('welcome');
    expect(await page.getByTestId('name').textContent()).toBe('Robin');
  });

  it('does not recognise a stranger', async () => {
    expect(await outcomeOf('Sasha')).toMatchObject({ outcome: 'not-recognised' });
  });

  it('does not take a photograph, however it is moved', async () => {
    const page = await seeing(await cameraClip(sampleFace('Kim')));
    expect(await waitForScreen(page, 'welcome', 'not-recognised', 'try-again')).toBe('try-again');
    expect(await page.getByTestId('outcome').getAttribute('data-reason')).toBe('step-timeout');
    await enterPin(page, PIN);
    await page.getByTestId('tab-events').click();
    const last = page.getByTestId('event').first();
    await last.locator('summary').click();
    expect(await last.innerText()).toMatch(/Not decided\s+There was not enough time for the movement\./);
  });

  it('lets a visitor in by code who cannot do the steps', async () => {
    const operator = await visitedBy(null);
    await enterPin(operator, PIN);
    await operator.getByTestId('person').getByTestId('give-code').click();
    await operator.getByTestId('code-confirm').click();
    const code = await operator.getByTestId('given-code').getAttribute('data-code');
    const drawn = await operator.getByTestId('code-qr').screenshot();
    await screen!.close();

    const page = await visitedBy('Robin');
    await page.getByTestId('cannot').click();
    // Only two steps are allowed here, and one of them alone proves nothing.
    await waitForScreen(page, 'code');
    await enter(page, '00000000');
    await page.getByTestId('pin-error').filter({ hasText: /./ }).waitFor();
    await enter(page, code ?? '');
    expect(await waitForScreen(page, 'welcome', 'not-recognised')).toBe('welcome');
    expect(await page.getByTestId('name').textContent()).toBe('Robin');
    await screen!.close();

    // Or shows it, as it was drawn on the operator's screen.
    const clip = join(installation.data, '..', 'code.mjpeg');
    await writeFile(clip, await codeFrames(drawn, 160));
    const showing = await seeing(clip);
    // The worker that reads codes fails once: another one reads the next picture.
    await showing.route('**/code-worker*', (route) => route.abort(), { times: 1 });
    await showing.getByTestId('use-code').click();
    expect(await waitForScreen(showing, 'welcome')).toBe('welcome');
    expect(await showing.getByTestId('name').textContent()).toBe('Robin');
  });

  it('asks first where a notice is set, and takes a no as easily as a yes', async () => {
    const set = async (notice: boolean): Promise<void> => {
      const operator = await visitedBy(null);
      await enterPin(operator, PIN);
      await operator.getByTestId('tab-settings').click();
      await operator.getByTestId('notice').setChecked(notice, { force: true });
      await operator.getByTestId('saved').waitFor();
      await screen!.close();
    };
    await set(true);
    const page = await visitedBy('Robin');
    await waitForScreen(page, 'notice');
    await page.getByTestId('notice-refuse').click();
    await waitForScreen(page, 'alternative');
    await page.getByTestId('call-operator').click();
    await page.getByTestId('alternative-hint').filter({ hasText: 'An operator was called' }).waitFor();
    await page.getByTestId('use-code').click();
    await waitForScreen(page, 'code');
    await page.getByTestId('pin-back').click();
    await waitForScreen(page, 'attract');
    await page.getByTestId('start').click();
    await page.getByTestId('notice-agree').click();
    await waitForScreen(page, 'recognising');
    await screen!.close();
    await set(false);
    const { answer } = await lintel(installation, 'consent', 'report');
    expect(answer).toMatchObject({ offered: 2, chosen: 1, operatorCalled: 1, codesAccepted: 2 });
  });

  it('notices that the camera is lost, and goes on when it is back', async () => {
    const page = await visitedBy('Robin');
    await waitForScreen(page, 'guide', 'recognising', 'welcome');
    await endProcess(screen!.browser, 'video_capture');
    expect(await waitForScreen(page, 'camera-lost')).toBe('camera-lost');
    expect(await waitForScreen(page, 'attract', 'guide', 'recognising', 'welcome')).not.toBe('');
  });

  it('finds faces again when the process of the browser that draws is killed', async () => {
    const page = await visitedBy('Robin');
    await waitForScreen(page, 'guide', 'recognising', 'welcome');
    await endProcess(screen!.browser, '--type=gpu-process');
    // Nobody is seen meanwhile.
    await waitForScreen(page, 'attract', 'vision-failed');
    expect(await waitForScreen(page, 'guide', 'recognising', 'welcome')).not.toBe('');
  });

  it('enrols a person from the camera', async () => {
    const page = await visitedBy('Kim');
    await enterPin(page, PIN);
    await page.getByTestId('tab-enrol').click();
    await page.getByTestId('enrol-name').fill('Kim');
    await page.getByTestId('source-camera').check({ force: true });
    await page.getByTestId('capture').click();
    // Pictures that differ: straight ahead, then the head turned to each side.
    for (const view of ['front', 'left', 'right'])
      await page.locator(`[data-testid="view"][data-view="${view}"]`).waitFor();
    expect.soft(await stillFaultsOf(page, 'enrol-camera')).toEqual([]);
    await page.getByTestId('thumbnail').nth(2).waitFor();
    expect.soft(await faultsOf(page, 'enrol-pictures-taken')).toEqual([]);
    await page.getByTestId('enrol-submit').click();
    await page.getByTestId('enrol-done').waitFor();
    expect(await page.getByTestId('rejected').count()).toBe(0);
    await page.getByTestId('try').click();
    expect.soft(await stillFaultsOf(page, 'enrol-trial')).toEqual([]);
    await page.getByTestId('trial').filter({ hasText: 'Recognised as Kim' }).waitFor();
    await screen!.close();
    const known = await outcomeOf('Kim');
    expect(known.outcome).toBe('welcome');
    expect(await known.page.getByTestId('name').textContent()).toBe('Kim');
  });

  it('no longer recognises a person who was removed', async () => {
    const operator = await visitedBy(null);
    await enterPin(operator, PIN);
    const robin = operator.getByTestId('person').filter({ hasText: 'Robin' });
    await robin.getByTestId('remove').click();
    await operator.getByTestId('remove-confirm').click();
    await robin.waitFor({ state: 'detached' });
    await screen!.close();

    expect(await outcomeOf('Robin')).toMatchObject({ outcome: 'not-recognised' });
  });
});

/** Counts the visits whose end the page tells from now on. */
const NOTE_CANCEL = `
  window.cancelled = 0;
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (message) {
    if (new TextDecoder().decode(message).includes('visit.cancel')) window.cancelled += 1;
    send.call(this, message);
  };
`;

/** What is wrong with a screen at the camera: meanwhile the page takes no picture, as while it is hidden. */
async function stillFaultsOf(page: Page, name: string): Promise<string[]> {
  const setHidden = (hidden: boolean): Promise<unknown> =>
    page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true })`);
  await setHidden(true);
  const faults = await faultsOf(page, name);
  await setHidden(false);
  return faults;
}

/** Signs in, and submits a person with the external key robin-1 and photos from files. */
async function enrolFrom(page: Page, name: string, photos: string[]): Promise<void> {
  await enterPin(page, PIN);
  await page.getByTestId('tab-enrol').click();
  await page.getByTestId('enrol-name').fill(name);
  await page.getByTestId('enrol-key').fill('robin-1');
  await page.getByTestId('source-file').check({ force: true });
  await page.getByTestId('files').setInputFiles(photos);
  await page
    .getByTestId('thumbnail')
    .nth(photos.length - 1)
    .waitFor();
  await page.getByTestId('enrol-submit').click();
}

/** Types a code by touch. */
async function enter(page: Page, code: string): Promise<void> {
  for (const digit of code) await page.getByTestId(`pin-${digit}`).click();
  await page.getByTestId('pin-confirm').click();
}

/**
 * Kills a process of Chromium, as a driver crash would: the one that captures, or the one that draws. A fake camera cannot be
 * unplugged; the page sees the same: its track ends.
 * @param part of its command line
 */
async function endProcess(browser: Browser, part: string): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  for (const { id, type } of processInfo) {
    const commandLine = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    if (type !== 'browser' && commandLine.includes(part)) process.kill(id, 'SIGKILL');
  }
}

/** What the page plays: the state of each of its audio contexts. */
async function soundsOf(page: Page): Promise<() => string[]> {
  const session = await page.context().newCDPSession(page);
  const states = new Map<string, string>();
  const note = ({ context }: { context: { contextId: string; contextState: string } }): void =>
    void states.set(context.contextId, context.contextState);
  session.on('WebAudio.contextCreated', note);
  session.on('WebAudio.contextChanged', note);
  await session.send('WebAudio.enable');
  return () => [...states.values()];
}
