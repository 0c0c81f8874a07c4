import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import {
  createServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FACE_API, faceApi } from '../../scripts/samples/face-api.ts';
import { CHROMIUM, find } from '../../scripts/setup/debian.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';
import { mustRun } from '../support/appliance.ts';
import { newServer, portraits, type Server } from '../support/server.ts';

/**
 * A page with face-api in a real browser makes descriptors, and its own server, which holds the key, hands them to the
 * FaceSmash API: the way in which its vendor's pages work.
 */

type Sent = { readonly path: string; readonly body: object };

let server: Server;
let pages: HttpServer;
let browser: Browser;
let page: Page;
let pictures: Awaited<ReturnType<typeof portraits>>;

/** Files of face-api, and what the page asks its server to ask. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '/', method } = request;
  if (method === 'POST') {
    const answer = await fetch(`${server.origin}${url}`, {
      method,
      headers: { authorization: `Bearer ${server.apiKey}`, 'content-type': 'application/json' },
      body: await text(request),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    return;
  }
  const name = url.slice(1);
  if (name === '') {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<!doctype html><script src="/face-api.js"></script>');
  } else if (faceApi.files.some((file) => file.name === name)) {
    response.writeHead(200).end(await readFile(join(FACE_API, name)));
  } else response.writeHead(404).end();
}

beforeAll(async () => {
  server = await newServer();
  await mustRun(server.installation, 'account', 'descriptors', server.accountId, 'on');
  pictures = await portraits();
  pages = createServer((request, response) => void serve(request, response)).listen(0, '127.0.0.1');
  await once(pages, 'listening');
  const executablePath = process.env['LINTEL_CHROMIUM'] ?? find(CHROMIUM);
  if (!executablePath) throw new Error('Chromium is not installed. Run npm run setup -- --tests');
  browser = await chromium.launch({
    executablePath,
    timeout: NEVER_COMES_MS,
    chromiumSandbox: process.getuid?.() !== 0,
  });
  page = await browser.newPage();
  page.setDefaultTimeout(NEVER_COMES_MS);
  await page.goto(`http://127.0.0.1:${(pages.address() as AddressInfo).port}/`);
});
afterAll(async () => {
  await browser.close();
  pages.close();
  await server.remove();
});

/** What face-api makes of a picture, in the page. */
const describeInPage = (picture: string): Promise<number[]> =>
  page.evaluate(async (base64) => {
    const { faceapi, Image } = globalThis as unknown as InPage;
    await faceapi.tf.setBackend('cpu');
    const { tinyFaceDetector, faceLandmark68Net, faceRecognitionNet } = faceapi.nets;
    for (const net of [tinyFaceDetector, faceLandmark68Net, faceRecognitionNet]) {
      if (!net.isLoaded) await net.loadFromUri('/');
    }
    const image = new Image();
    image.src = `data:image/jpeg;base64,${base64}`;
    await image.decode();
    const found = await faceapi
      .detectSingleFace(image, new faceapi.TinyFaceDetectorOptions({ inputSize: 320, scoreThreshold: 0.3 }))
      .withFaceLandmarks()
      .withFaceDescriptor();
    return Array.from(found?.descriptor ?? []);
  }, picture);

/** What the FaceSmash API answers the page. */
const ask = (path: string, body: object): Promise<Record<string, unknown>> =>
  page.evaluate(
    async (sent: Sent) => {
      const answer = await fetch(sent.path, { method: 'POST', body: JSON.stringify(sent.body) });
      return ((await answer.json()) as { data: Record<string, unknown> }).data;
    },
    { path: `/v1/faces/${path}`, body },
  );

it('registers, verifies and identifies by what face-api makes in a page, and other APIs find that person', async () => {
  const [kim, sasha] = [await describeInPage(pictures.kim), await describeInPage(pictures.sasha)];
  expect([kim.length, sasha.length]).toEqual([128, 128]);
  const { templateId } = await ask('register', { email: 'kim@example.com', userId: 'kim', descriptor: kim });
  expect(await ask('verify', { userId: 'kim', descriptor: kim })).toMatchObject({
    isMatch: true,
    matchedTemplate: templateId,
    user: { id: 'kim', email: 'kim@example.com' },
  });
  expect(await ask('verify', { userId: 'kim', descriptor: sasha })).toMatchObject({ isMatch: false });
  expect(await ask('identify', { descriptor: kim })).toMatchObject({ matches: [{ userId: 'kim' }] });
  expect(await ask('identify', { descriptor: sasha })).toMatchObject({ matches: [] });

  const search = (bytes: string) => server.client.searchFace({ collectionId: 'default', image: { bytes } });
  expect(await search(pictures.kim)).toMatchObject({ externalKey: 'kim' });
  expect(await search(pictures.sasha)).toMatchObject({ faceId: null });

  // The reverse: by picture through Realeyes, by descriptor here.
  const image = { bytes: pictures.sasha };
  const { faceId } = await server.client.indexFace({ collectionId: 'default', image });
  await server.client.setExternalKey({ collectionId: 'default', faceId: faceId!, externalKey: 'sasha' });
  expect(await ask('identify', { descriptor: sasha })).toMatchObject({ matches: [{ userId: 'sasha' }] });
});

/** An image element. */
interface Picture {
  src: string;
  decode(): Promise<void>;
}

interface InPage {
  readonly faceapi: FaceApi;
  readonly Image: new () => Picture;
}

interface FaceApi {
  readonly tf: { setBackend(name: string): Promise<boolean> };
  readonly nets: Record<
    'tinyFaceDetector' | 'faceLandmark68Net' | 'faceRecognitionNet',
    { readonly isLoaded: boolean; loadFromUri(uri: string): Promise<void> }
  >;
  readonly TinyFaceDetectorOptions: new (options: { inputSize: number; scoreThreshold: number }) => object;
  detectSingleFace(
    image: Picture,
    options: object,
  ): {
    withFaceLandmarks(): {
      withFaceDescriptor(): PromiseLike<{ readonly descriptor: Float32Array } | undefined>;
    };
  };
}
