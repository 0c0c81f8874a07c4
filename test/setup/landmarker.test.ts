import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../scripts/setup/fetch.ts';
import { CHROMIUM, find } from '../../scripts/setup/debian.ts';
import { MODELS, ROOT } from '../../scripts/setup/paths.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';

const BUNDLE = join(MODELS, 'weights/face_landmarker.task');
const MEDIAPIPE = join(ROOT, 'node_modules/@mediapipe/tasks-vision');
const GUIDANCE = join(ROOT, 'renderer/guidance');

type Point = readonly [x: number, y: number, z: number];

/** Finds the faces of the photograph as the renderer does: their points, in pixels. */
const FIND = `(async (readBack) => {
  const { FaceLandmarker, FilesetResolver } = await import('/vision_bundle.mjs');
  const { readBackFromMemory } = await import('/guidance/read-back.ts');
  const { PixelReader } = await import('/guidance/pixels.ts');
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('webgl2');
  const calls = { uploads: 0, readings: 0 };
  for (const [name, count] of [['texImage2D', 'uploads'], ['readPixels', 'readings']]) {
    context[name] = (...args) => {
      calls[count]++;
      return WebGL2RenderingContext.prototype[name].apply(context, args);
    };
  }
  if (readBack) readBackFromMemory(context);
  const landmarker = await FaceLandmarker.createFromOptions(await FilesetResolver.forVisionTasks('/wasm'), {
    canvas,
    baseOptions: { modelAssetPath: '/face_landmarker.task', delegate: 'CPU' },
    runningMode: 'VIDEO',
  });
  const image = document.querySelector('img');
  await image.decode();
  const picture = await new PixelReader().read(new VideoFrame(image, { timestamp: 0 }));
  const { faceLandmarks } = landmarker.detectForVideo(picture, 1);
  landmarker.close();
  const faces = faceLandmarks.map((points) =>
    points.map(({ x, y, z }) => [x * image.width, y * image.height, z * image.width]));
  return { faces, calls };
})`;

/** Reads pixels of a picture of 4 by 2, red on the left and blue on the right. */
const READ = `(async (options) => {
  const { PixelReader } = await import('/guidance/pixels.ts');
  const red = [81, 90, 240];
  const blue = [41, 240, 110];
  const data = new Uint8Array([
    ...[0, 1].flatMap(() => [red[0], red[0], blue[0], blue[0]]), red[1], blue[1], red[2], blue[2],
  ]);
  const colorSpace = { matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m', fullRange: false };
  const frame = new VideoFrame(data, {
    format: 'I420', codedWidth: 4, codedHeight: 2, timestamp: 0, colorSpace, ...options.frame,
  });
  if (options.convertsNothing) frame.copyTo = (target) => VideoFrame.prototype.copyTo.call(frame, target);
  const image = await new PixelReader().read(frame);
  return image && { width: image.width, height: image.height, data: [...image.data] };
})`;

interface Found {
  readonly faces: readonly (readonly Point[])[];
  readonly calls: { readonly uploads: number; readonly readings: number };
}

interface Read {
  readonly width: number;
  readonly height: number;
  readonly data: readonly number[];
}

let browser: Browser;
let page: Page;
beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: find(CHROMIUM) ?? '',
    timeout: NEVER_COMES_MS,
    args: ['--enable-unsafe-swiftshader'],
    chromiumSandbox: process.getuid?.() !== 0,
  });
  page = await browser.newPage();
  page.setDefaultTimeout(NEVER_COMES_MS);
  const photo = await portrait(sampleFace('Robin'));
  // As a secure page: only those have `VideoFrame`.
  await page.route('https://lintel.test/**', async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/')
      return await route.fulfill({ contentType: 'text/html', body: '<img src="/photo">' });
    if (pathname === '/photo') return await route.fulfill({ contentType: 'image/jpeg', body: photo });
    if (pathname.startsWith('/guidance/')) {
      const source = await readFile(join(GUIDANCE, pathname.slice('/guidance/'.length)), 'utf8');
      return await route.fulfill({ contentType: 'text/javascript', body: stripTypeScriptTypes(source) });
    }
    const path = pathname === '/face_landmarker.task' ? BUNDLE : join(MEDIAPIPE, pathname);
    const contentType = extname(path) === '.wasm' ? 'application/wasm' : 'text/javascript';
    await route.fulfill({ contentType, body: await readFile(path) });
  });
  await page.goto('https://lintel.test/');
});
afterAll(() => browser.close());

describe('face_landmarker.task', () => {
  it('is the same on every machine', async () => {
    expect(sha256(await readFile(BUNDLE))).toBe(
      '44028c7d485f98eb16d8f2d0493470d8197d210909aadc56146efe0dc8706626',
    );
  });

  it('is run by code that names no machine elsewhere: versions from 1.0 on send metrics to their maker', async () => {
    const code = await readFile(join(MEDIAPIPE, 'vision_bundle.mjs'), 'utf8');
    expect(code.match(/https?:\/\/[\w.-]+/g) ?? []).toEqual([]);
  });

  it('finds the 478 landmarks of a face in Chromium, each where it belongs', async () => {
    const { faces } = (await page.evaluate(`${FIND}(true)`)) as Found;
    expect(faces).toHaveLength(1);
    const points = faces[0]!;
    expect(points).toHaveLength(478);
    // The eyes' corners, and the iris between them; the nose's tip stands out towards the camera.
    const [right, left, iris, nose, chin] = [33, 133, 468, 1, 152].map((id) => points[id]!);
    expect(iris![0]).toBeGreaterThan(right![0]);
    expect(iris![0]).toBeLessThan(left![0]);
    expect(Math.abs(iris![1] - (right![1] + left![1]) / 2)).toBeLessThan(12);
    expect(nose![2]).toBeLessThan(chin![2]);
    expect(chin![1]).toBeGreaterThan(nose![1]);
  });

  it('finds the same where the picture is spared the way through the graphics card', async () => {
    const spared = (await page.evaluate(`${FIND}(true)`)) as Found;
    const through = (await page.evaluate(`${FIND}(false)`)) as Found;
    expect(spared.faces).toEqual(through.faces);
    expect(through.calls).toEqual({ uploads: 1, readings: 1 });
    expect(spared.calls).toEqual({ uploads: 0, readings: 0 });
  });
});

describe('pixels of a picture', () => {
  const read = async (options: object): Promise<Read | null> =>
    (await page.evaluate(`${READ}(${JSON.stringify(options)})`)) as Read | null;

  it('are as they are shown, row by row', async () => {
    const image = await read({});
    expect(image).toMatchObject({ width: 4, height: 2 });
    const pixel = (x: number, y: number) => image?.data.slice((4 * y + x) * 4, (4 * y + x) * 4 + 4) ?? [];
    for (const y of [0, 1]) {
      const [red, blue] = [pixel(0, y), pixel(3, y)];
      expect(red[0]).toBeGreaterThan(200);
      expect(red[2]).toBeLessThan(60);
      expect(blue[0]).toBeLessThan(60);
      expect(blue[2]).toBeGreaterThan(200);
      expect([red[3], blue[3]]).toEqual([255, 255]);
    }
  });

  it.each([
    ['a picture that is stretched', { frame: { displayWidth: 8, displayHeight: 2 } }],
    ['a picture that is turned', { frame: { rotation: 180 } }],
    ['a picture that is mirrored', { frame: { flip: true } }],
    ['a browser that converts no formats', { convertsNothing: true }],
  ])('are not read of %s', async (_name, options) => {
    expect(await read(options)).toBe(null);
  });
});
