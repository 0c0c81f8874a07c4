import { readdir } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** Files of any other kind are not served. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

export interface Asset {
  readonly file: string;
  readonly contentType: string;
}

export interface AssetFolders {
  /** The built screen. */
  readonly rendererDir: string;
  /** MediaPipe's WebAssembly, served as `/mediapipe/wasm/*`. */
  readonly mediapipeDir: string;
  /** Holds `face_landmarker.task`, served as `/models/face_landmarker.task`. */
  readonly weightsDir: string;
}

/** The file behind a URL path, or null. */
export type ResolveAsset = (path: string) => Asset | null;

/**
 * What the screen is made of. The files are listed once and a request only picks one of the list, so no path can lead
 * anywhere else.
 * @throws Error when a folder is missing
 */
export async function listAssets({
  rendererDir,
  mediapipeDir,
  weightsDir,
}: AssetFolders): Promise<ResolveAsset> {
  const assets = new Map<string, Asset>([
    [
      '/models/face_landmarker.task',
      { file: join(weightsDir, 'face_landmarker.task'), contentType: 'application/octet-stream' },
    ],
  ]);
  for (const [prefix, folder] of [
    ['/', rendererDir],
    ['/mediapipe/wasm/', mediapipeDir],
  ] as const) {
    for (const name of await readdir(folder, { recursive: true })) {
      const contentType = CONTENT_TYPES[extname(name)];
      if (contentType === undefined) continue;
      assets.set(prefix + name.split(sep).join('/'), { file: join(folder, name), contentType });
    }
  }
  return (path) => assets.get(path === '/' ? '/index.html' : path) ?? null;
}
