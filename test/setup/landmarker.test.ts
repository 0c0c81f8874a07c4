import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { chromium } from 'playwright';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../scripts/setup/fetch.ts';
import { CHROMIUM, find } from '../../scripts/setup/debian.ts';
import { MODELS, ROOT } from '../../scripts/setup/paths.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';

const BUNDLE = join(MODELS, 'weights/face_landmarker.task');
const MEDIAPIPE = join(ROOT, 'node_modules/@mediapipe/tasks-vision');

/** Loads the bundle as the renderer does and returns the points it finds, in pixels. */
const FIND_LANDMARKS = `(async () => {
  const { FaceLandmarker, FilesetResolver } = await import('/vision_bundle.mjs');
  const landmarker = await FaceLandmarker.createFromOptions(await FilesetResolver.forVisionTasks('/wasm'), {
    baseOptions: { modelAssetPath: '/face_landmarker.task', delegate: 'CPU' },
    runningMode: 'IMAGE',
  });
  const image = document.querySelector('img');
  await image.decode();
  return landmarker.detect(image).faceLandmarks.map((points) =>
    points.map(({ x, y, z }) => [x * image.width, y * image.height, z * image.width]));
})()`;

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
    const browser = await chromium.launch({
      executablePath: find(CHROMIUM) ?? '',
      timeout: NEVER_COMES_MS,
      args: ['--enable-unsafe-swiftshader'],
      chromiumSandbox: process.getuid?.() !== 0,
    });
    try {
      const page = await browser.newPage();
      page.setDefaultTimeout(NEVER_COMES_MS);
      const photo = await portrait(sampleFace('Robin'));
      await page.route('http://lintel.test/**', async (route) => {
        const { pathname } = new URL(route.request().url());
        if (pathname === '/')
          return await route.fulfill({ contentType: 'text/html', body: '<img src="/photo">' });
        if (pathname === '/photo') return await route.fulfill({ contentType: 'image/jpeg', body: photo });
        const path = pathname === '/face_landmarker.task' ? BUNDLE : join(MEDIAPIPE, pathname);
        const contentType = extname(path) === '.wasm' ? 'application/wasm' : 'text/javascript';
        await route.fulfill({ contentType, body: await readFile(path) });
      });
      await page.goto('http://lintel.test/');
      const faces = (await page.evaluate(FIND_LANDMARKS)) as [x: number, y: number, z: number][][];
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
    } finally {
      await browser.close();
    }
  });
});
