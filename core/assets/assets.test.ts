import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listAssets, readAsset, type ResolveAsset } from './assets.ts';

/** SHA-256 of nothing. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

let root: string;
let resolveAsset: ResolveAsset;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'lintel-assets-'));
  for (const dir of ['renderer/assets', 'mediapipe', 'weights'])
    await mkdir(join(root, dir), { recursive: true });
  for (const file of [
    'secret.js',
    'weights/fr_feature.onnx',
    'weights/face_landmarker.task',
    'mediapipe/vision.wasm',
    'mediapipe/unheard-of.wasm',
    'renderer/index.html',
    'renderer/assets/app-1a2b.js',
    'renderer/assets/app.js.map',
  ]) {
    await writeFile(join(root, file), '');
  }
  resolveAsset = await listAssets(
    {
      rendererDir: join(root, 'renderer'),
      mediapipeDir: join(root, 'mediapipe'),
      weightsDir: join(root, 'weights'),
    },
    new Map([
      ['vision.wasm', [EMPTY]],
      ['face_landmarker.task', ['0'.repeat(64), EMPTY]],
    ]),
  );
});
afterEach(async () => await rm(root, { recursive: true }));

describe('assets', () => {
  it.each([
    ['/', 'renderer/index.html', 'text/html; charset=utf-8'],
    ['/index.html', 'renderer/index.html', 'text/html; charset=utf-8'],
    ['/assets/app-1a2b.js', 'renderer/assets/app-1a2b.js', 'text/javascript; charset=utf-8'],
    ['/mediapipe/wasm/vision.wasm', 'mediapipe/vision.wasm', 'application/wasm'],
    ['/models/face_landmarker.task', 'weights/face_landmarker.task', 'application/octet-stream'],
  ])('%s is %s', (path, file, contentType) => {
    expect(resolveAsset(path)).toMatchObject({ file: join(root, file), contentType });
  });

  it.each([
    '',
    '/assets',
    '/assets/',
    '/../secret.js',
    '/assets/../../secret.js',
    '/%2e%2e/secret.js',
    '/..\\secret.js',
    '//secret.js',
    '/mediapipe/wasm/../../secret.js',
    '/models/../weights/fr_feature.onnx',
    '/models/fr_feature.onnx',
    '/mediapipe/wasm/unheard-of.wasm',
    '/assets/app.js.map',
    '/index.html\0',
    '/__proto__',
    '/constructor',
  ])('%j is nothing', (path) => {
    expect(resolveAsset(path)).toBeNull();
  });

  it('does not list what appeared later, nor through a link to elsewhere', async () => {
    await symlink(join(root, 'secret.js'), join(root, 'renderer/later.js'));
    expect(resolveAsset('/later.js')).toBeNull();
  });

  it.each(['/mediapipe/wasm/vision.wasm', '/models/face_landmarker.task'])(
    'is looked at each time it is read: %s',
    async (path) => {
      const asset = resolveAsset(path)!;
      expect(await readAsset(asset)).toHaveLength(0);
      await writeFile(asset.file, 'changed since');
      await expect(readAsset(asset)).rejects.toMatchObject({ code: 'model-corrupt' });
    },
  );
});
