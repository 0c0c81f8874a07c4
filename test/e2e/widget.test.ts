import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cameraClip, portrait } from '../../scripts/samples/clip.ts';
import { CLIP_STEPS, liveClip } from '../../scripts/samples/live-head.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { lintel, mustRun } from '../support/appliance.ts';
import { openScreen, type Screen } from '../support/screen.ts';
import { form, newServer, send, type Answer, type Server } from '../support/server.ts';

/** What `FaceAuth` told the page. */
interface Told {
  readonly successes: { readonly proof: string }[];
  readonly failures: { readonly code: string }[];
}

/** A site of its own, whose pages carry the widget and whose people have Robin's name. */
describe('the widget in a page of another origin', () => {
  let server: Server;
  let keyId: string;
  let key: string;
  let site: HttpServer;
  let origin: string;
  let markup: string;
  let screen: Screen | undefined;

  const call = (target: string, body?: unknown): Promise<Answer> =>
    send(server, target, { authorization: null, headers: { 'x-api-key': key }, body });
  const newToken = async (more: object = {}): Promise<string> => {
    const { body } = await call('POST /api/v1/widget/tokens', { origin, purpose: 'login', ...more });
    return String(body['token']);
  };
  /** The page as a developer writes it, with these attributes. */
  const pageWith = (attributes: string): string => `<!doctype html><title>Shop</title><h1>Shop</h1>
    <script src="${server.origin}/widget.js" ${attributes}></script>
    <script>
      var told = { successes: [], failures: [] };
      FaceAuth.onSuccess(function (data) { told.successes.push(data); });
      FaceAuth.onError(function (error) { told.failures.push(error); });
    </script>`;
  const open = async (clip: string | null, address = origin): Promise<Page> => {
    screen = await openScreen(address, { clip, viewport: { width: 420, height: 720 } });
    return screen.page;
  };
  const told = (page: Page): Promise<Told> => page.evaluate('told');
  const untilTold = async (page: Page, what: keyof Told): Promise<Told> => {
    await page.waitForFunction(`told.${what}.length > 0`);
    return await told(page);
  };
  /** Until the page is told of a success: like anybody, the visitor tries again when the widget asks for that. */
  const signIn = async (page: Page): Promise<Told> => {
    for (let tries = 1; ; tries += 1) {
      const isOver = `told.successes.length + told.failures.length >= ${tries}`;
      await page.waitForFunction(isOver);
      const news = await told(page);
      if (news.successes.length > 0 || tries === 3) return news;
      await page.frameLocator('iframe').getByTestId('retry').click();
    }
  };
  const start = (page: Page): Promise<void> => page.frameLocator('iframe').getByTestId('start').click();

  beforeAll(async () => {
    await liveClip(sampleFace('Robin'));
    await cameraClip(sampleFace('Kim'));
    server = await newServer('--widget-steps', CLIP_STEPS.join(','), '--widget-step-seconds', '8');
    const { answer } = await lintel(server.installation, 'account', 'keys', 'add', 'admin');
    [keyId, key] = [String(answer['keyId']), String(answer['apiKey'])];
    site = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(markup);
    });
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    origin = `http://localhost:${(site.address() as AddressInfo).port}`;
    await mustRun(server.installation, 'account', 'origins', 'add', keyId, origin);
    const robin = await portrait(sampleFace('Robin', 1));
    await call('POST /api/v1/enroll', form({ name: 'robin', image: robin }));
    await call('POST /api/v1/enroll', form({ name: 'kim', image: await portrait(sampleFace('Kim')) }));
  });
  afterEach(async () => {
    await screen?.close();
    screen = undefined;
  });
  afterAll(async () => {
    site.close();
    await server.remove();
  });

  it('signs a live person in, and gives a proof that the site redeems once', async () => {
    markup = pageWith(`data-token="${await newToken({ user_id: 'robin' })}"`);
    const page = await open(await liveClip(sampleFace('Robin')));
    await start(page);
    const { successes } = await signIn(page);
    expect(successes).toMatchObject([{ user: { external_user_id: 'robin' }, mode: 'login' }]);
    const proof = { proof: successes[0]!.proof };
    const redeemed = await call('POST /api/v1/widget/proofs', proof);
    expect(redeemed.body).toMatchObject({ success: true, purpose: 'login', origin, user: { name: 'robin' } });
    expect((await call('POST /api/v1/widget/proofs', proof)).status).toBe(404);
  });

  it('does not take a photograph, however it is moved', async () => {
    markup = pageWith(`data-api-key="${await newToken()}" data-user-id="kim"`);
    const page = await open(await cameraClip(sampleFace('Kim')));
    await start(page);
    const { successes, failures } = await untilTold(page, 'failures');
    expect(successes).toEqual([]);
    expect(failures[0]!.code).toBe('STEP_TIMEOUT');
  });

  it('is not shown in a page of an origin that the key has not', async () => {
    markup = pageWith(`data-token="${await newToken()}" data-user-id="robin"`);
    const elsewhere = origin.replace('localhost', '127.0.0.1');
    const page = await open(null, elsewhere);
    const { failures } = await untilTold(page, 'failures');
    expect(failures[0]!.code).toBe('PAGE_ORIGIN_REFUSED');
    expect(await page.locator('iframe').count()).toBe(0);
    // A page that does not ask the script but the server is told as little.
    const begin = `fetch('${server.origin}/api/v1/widget/visits', { method: 'POST', headers: { authorization: 'Bearer ${await newToken()}' } }).then(() => 'read', () => 'refused')`;
    expect(await page.evaluate(begin)).toBe('refused');
  });

  it('never sends a secret key, and the server takes none from a page', async () => {
    markup = pageWith(`data-api-key="${key}" data-user-id="robin"`);
    const page = await open(null);
    const { failures } = await untilTold(page, 'failures');
    expect(failures[0]!.code).toBe('KEY_IN_BROWSER');
    const answered = page.waitForResponse(/\/api\/v1\/verify$/);
    await page.evaluate(`
      const body = new FormData();
      body.append('name', 'robin');
      body.append('api_key', '${key}');
      void fetch('${server.origin}/api/v1/verify', { method: 'POST', body, mode: 'no-cors' });
    `);
    expect((await answered).status()).toBe(403);
  });
});
