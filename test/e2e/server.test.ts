import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newFaceId } from '#core/gallery';
import { fileKekProvider, openStore } from '#core/store';
import { portrait } from '../../scripts/samples/clip.ts';
import { CLIP_STEPS, liveClip } from '../../scripts/samples/live-head.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { lintel, mustRun, newInstallation, type Installation } from '../support/appliance.ts';
import { faultsOf } from '../support/faults.ts';
import { startKiosk, type Kiosk } from '../support/kiosk.ts';
import { photoOf } from '../support/photo.ts';
import { choosePin, typePin, waitForScreen } from '../support/screen.ts';
import { form, newServer, send, type Server } from '../support/server.ts';

const PIN = '271828';
const KEY = 'E-1042';

/** A kiosk and another door that gave one key to two people while neither knew of the other. The tests follow each other. */
describe('an operator and the server', () => {
  let server: Server;
  let inside: Installation;
  let door: Installation;
  let kiosk: Kiosk;
  let page: Page;

  const enrol = async (at: Installation, person: string, ...more: string[]) => {
    const photo = await photoOf(at, person);
    const named = ['--collection', 'default', '--key', KEY, '--name', person, ...more];
    const { answer } = await lintel(at, 'enrol', ...named, photo);
    return String(answer['faceId']);
  };
  const newCode = async (): Promise<string> => {
    const { answer } = await lintel(server.installation, 'device', 'invite', '--account', 'admin');
    return String(answer['code']);
  };

  beforeAll(async () => {
    await liveClip(sampleFace('Robin'));
    [server, inside, door] = await Promise.all([
      newServer(),
      newInstallation(),
      newInstallation({ challengeSteps: [...CLIP_STEPS], stepSeconds: 12 }),
    ]);
    await enrol(door, 'Kim');
    await enrol(inside, 'Sasha', '--groups', 'guards', '--valid-until', '2031-12-24');
    await mustRun(door, 'pair', await newCode(), '--server', server.origin, '--name', 'Door');
    await mustRun(door, 'sync', 'now');
    kiosk = await startKiosk(inside, { clip: null });
    ({ page } = kiosk.screen);
  });
  afterAll(async () => {
    await kiosk.remove();
    await server.remove();
    await door.remove();
  });

  it('shows nothing of a server before there is one', async () => {
    await waitForScreen(page, 'camera-missing');
    await choosePin(page, kiosk.appliance.setupCode, PIN);
    await page.getByTestId('person').waitFor();
    expect(await page.getByTestId('standing').count()).toBe(0);
    await page.getByTestId('tab-server').click();
    await page.getByTestId('join').waitFor();
  });

  it('says what is missing, and does not take a wrong code', async () => {
    await page.getByTestId('join-submit').click();
    expect(await page.getByTestId('join').getByRole('alert').count()).toBe(3);
    expect.soft(await faultsOf(page, 'server-join')).toEqual([]);
    await typeByTouch(page, 'join-address', server.origin);
    await page.getByTestId('join-code').fill('AAAAA-AAAAA');
    await page.getByTestId('join-name').fill('Kiosk');
    await page.getByTestId('join-submit').click();
    await page.locator('[data-testid="server-error"][data-code="pairing-code-invalid"]').waitFor();
  });

  it('joins by a code and synchronises', async () => {
    await page.getByTestId('join-code').fill(await newCode());
    await page.getByTestId('join-submit').click();
    await page.locator('[data-testid="joined"][data-state="idle"]').waitFor();
    await page.getByText('In step with the server').waitFor();
    expect(await page.getByTestId('server-queue').textContent()).toBe('0');
    expect(await page.getByTestId('server-access').textContent()).toBe('Set at this device');
    expect(await page.getByTestId('server-events').textContent()).toBe(
      'The server is told, but not who it was',
    );
    expect.soft(await faultsOf(page, 'server-joined')).toEqual([]);
    await page.getByTestId('tab-people').click();
    await page.getByTestId('person').filter({ hasText: 'Kim' }).waitFor();
    expect.soft(await faultsOf(page, 'people-standing')).toEqual([]);
    expect(await page.getByTestId('person').count()).toBe(2);
  });

  it('leads to what has to be decided, and shows both people', async () => {
    await page.getByTestId('standing').click();
    const sides = page.getByTestId('conflict').getByTestId('side');
    await sides.nth(1).waitFor();
    expect(await sides.nth(0).textContent()).toMatch(new RegExp(`Kim.*${KEY}`));
    expect(await sides.nth(1).textContent()).toContain('Sasha');
    expect(await sides.nth(1).textContent()).not.toContain(KEY);
    expect(await sides.nth(0).textContent()).toContain('Groups–');
    expect(await sides.nth(1).textContent()).toMatch(/Groupsguards.*Valid untilDec 24, 2031/);
    expect.soft(await faultsOf(page, 'conflict')).toEqual([]);
  });

  it('asks once more before it makes one person of two', async () => {
    await page.getByTestId('resolve-same-person').click();
    await page.getByTestId('merge-confirm').waitFor();
    await page.getByText('Kim⁩ was first and remains').waitFor();
    expect.soft(await faultsOf(page, 'conflict-merge', false)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByTestId('merge-confirm').waitFor({ state: 'detached' });
    expect(await page.getByTestId('conflict').count()).toBe(1);
  });

  it('decides, and every device follows', async () => {
    await page.getByTestId('resolve-keep-second').click();
    await page.getByTestId('conflict').waitFor({ state: 'detached' });
    await page.getByTestId('sync-now').click();
    await page
      .locator('[data-testid="announcement"]', { hasText: 'Synchronised' })
      .waitFor({ state: 'attached' });
    await mustRun(door, 'sync', 'now');
    for (const at of [door, inside]) {
      const { answer } = await lintel(at, 'faces', '--collection', 'default');
      expect(answer['faces']).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            metadata: expect.objectContaining({ name: 'Sasha' }),
            externalKey: KEY,
          }),
          expect.objectContaining({ metadata: { name: 'Kim' }, externalKey: null }),
        ]),
      );
    }
  });

  it('asks before it removes as many people as the server wants removed', async () => {
    const peopleInside = async (): Promise<number> => {
      const { answer } = await lintel(inside, 'faces', '--collection', 'default');
      return (answer['faces'] as unknown[]).length;
    };
    const { data, keyFile } = server.installation;
    const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
    const faceIds = Array.from({ length: 11 }, newFaceId);
    for (const faceId of faceIds)
      await store.addFace(server.accountId, 'default', { faceId, references: [] });
    await page.getByTestId('sync-now').click();
    await expect.poll(peopleInside).toBe(2 + faceIds.length);
    for (const faceId of faceIds) await store.deleteFace(server.accountId, 'default', faceId);
    await store.close();
    await page.getByTestId('sync-now').click();
    const held = page.getByTestId('held');
    await held.waitFor();
    expect(await held.getAttribute('data-count')).toBe(String(faceIds.length));
    expect.soft(await faultsOf(page, 'server-held')).toEqual([]);
    await page.getByTestId('removals').click();
    await page.getByTestId('removals-confirm').waitFor();
    expect.soft(await faultsOf(page, 'server-held-confirm', false)).toEqual([]);
    expect(await peopleInside()).toBe(2 + faceIds.length);
    await page.getByTestId('removals-confirm').click();
    await held.waitFor({ state: 'detached' });
    expect(await peopleInside()).toBe(2);
  });

  // The other way round the recording would be known: a visit that matches is remembered across a restart.
  it.each([
    ['Sasha', 'no-match', sampleFace('Sasha')],
    ['Robin', 'match', sampleFace('Robin', 1)],
  ] as const)('compares Robin at the door with the photo of a face session: %s', async (_, result, photo) => {
    const { authorization, sessionId } = await openFaceSession(server, await portrait(photo));
    const { screen, appliance } = await startKiosk(door, { clip: await liveClip(sampleFace('Robin')) });
    const { page } = screen;
    await page.getByTestId('use-code').click();
    await waitForScreen(page, 'code');
    // The note is there until a step is asked for, which may be at once.
    await page.evaluate(`new MutationObserver(() => {
      window.isNoted ||= document.querySelector('[data-testid="session-note"]') !== null;
    }).observe(document.body, { childList: true, subtree: true })`);
    await typePin(page, sessionId);
    // Like anybody, the visitor tries again when the kiosk asks for that.
    for (
      let tries = 1;
      (await waitForScreen(page, 'compared', 'try-again')) === 'try-again' && tries < 3;
      tries += 1
    )
      await page.getByTestId('retry').click();
    expect(await page.evaluate('window.isNoted')).toBe(true);
    expect(await page.getByTestId('outcome').getAttribute('data-reason')).toBe(result);
    const answered = (): Promise<unknown> =>
      send(server, `GET /api/v1/face/${sessionId}/result`, { authorization }).then(({ body }) => body);
    const expected = { status: 'done', result: { live: true, match: result === 'match' } };
    await expect.poll(answered).toMatchObject(expected);
    await screen.close();
    await appliance.stop();
  });

  it('says in Arabic, from right to left, what it says in English', async () => {
    await page.getByTestId('tab-settings').click();
    await page.getByTestId('language-ar').check({ force: true });
    await page.locator('html[dir="rtl"]').waitFor();
    await page.getByTestId('tab-server').click();
    await page.getByText('متزامن مع الخادم').waitFor();
    expect.soft(await faultsOf(page, 'server-ar')).toEqual([]);
    await page.getByTestId('tab-settings').click();
    await page.getByTestId('language-en').check({ force: true });
    await page.locator('html[dir="ltr"]').waitFor();
  });

  it('says why the server is not reached, and since when', async () => {
    await server.stop();
    await page.getByTestId('tab-server').click();
    await page.getByTestId('sync-now').click();
    await page.locator('[data-testid="server-last-error"][data-code="server-unreachable"]').waitFor();
    expect(await page.getByTestId('server-state').textContent()).toContain(
      'Out of touch with the server since',
    );
    expect.soft(await faultsOf(page, 'server-unreachable')).toEqual([]);
  });

  it('leaves the server, and keeps everybody', async () => {
    await page.getByTestId('leave').click();
    await page.getByTestId('leave-confirm').click();
    await page.getByTestId('join').waitFor();
    await page.getByTestId('tab-people').click();
    await page.getByTestId('person').nth(1).waitFor();
    expect(await page.getByTestId('standing').count()).toBe(0);
  });
});

/** As an API client does, with a token of its own. */
async function openFaceSession(
  server: Server,
  idPhoto: Uint8Array,
): Promise<{ authorization: string; sessionId: string }> {
  const { accountId, apiKey } = server;
  const grant = { grant_type: 'client_credentials', client_id: accountId, client_secret: apiKey };
  const { body } = await send(server, 'POST /api/oauth/token', {
    authorization: null,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(grant).toString(),
  });
  const authorization = `Bearer ${String(body['access_token'])}`;
  const opened = await send(server, 'POST /api/v1/face', { authorization, body: form({ idPhoto }) });
  return { authorization, sessionId: String(opened.body['sessionId']) };
}

/** By the keyboard on the screen, as at a kiosk without another. */
async function typeByTouch(page: Page, field: string, text: string): Promise<void> {
  await page.locator(`.field-line:has([data-testid="${field}"])`).getByTestId('keyboard-toggle').click();
  for (const letter of text) {
    await page.getByTestId('keyboard').getByRole('button', { name: letter, exact: true }).click();
  }
  expect(await page.getByTestId(field).inputValue()).toBe(text);
}
