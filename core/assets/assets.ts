import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { LintelError } from '#contract';
import manifest from '#models/manifest' with { type: 'json' };

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

/** SHA-256 of a file, any one of these, by its name. */
export type Digests = ReadonlyMap<string, readonly string[]>;

/** Of what lies beside the program and is not part of it: code and networks that the screen runs. */
const DIGESTS: Digests = new Map(manifest.screen.map(({ name, sha256 }) => [name, sha256]));

export interface Asset {
  readonly file: string;
  readonly contentType: string;
  /** What the file has to be; null for a part of the built screen. */
  readonly sha256: readonly string[] | null;
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
 * @param digests of the files of `mediapipeDir` and `weightsDir`; those without one are not served
 * @throws Error when a folder is missing
 */
export async function listAssets(
  { rendererDir, mediapipeDir, weightsDir }: AssetFolders,
  digests: Digests = DIGESTS,
): Promise<ResolveAsset> {
  const assets = new Map<string, Asset>();
  for (const name of await readdir(rendererDir, { recursive: true })) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType === undefined) continue;
    const path = `/${name.split(sep).join('/')}`;
    assets.set(path, { file: join(rendererDir, name), contentType, sha256: null });
  }
  const addVouched = (prefix: string, folder: string, name: string, contentType: string): void => {
    const sha256 = digests.get(name);
    if (sha256 !== undefined) assets.set(prefix + name, { file: join(folder, name), contentType, sha256 });
  };
  for (const name of await readdir(mediapipeDir)) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType !== undefined) addVouched('/mediapipe/wasm/', mediapipeDir, name, contentType);
  }
  addVouched('/models/', weightsDir, 'face_landmarker.task', 'application/octet-stream');
  return (path) => assets.get(path === '/' ? '/index.html' : path) ?? null;
}

/**
 * The bytes of an asset, which are what they have to be: looked at each time, not only when they were fetched.
 * @throws LintelError `model-corrupt` naming the file
 */
export async function readAsset({ file, sha256 }: Asset): Promise<Buffer<ArrayBuffer>> {
  const bytes = await readFile(file);
  const isAsked = sha256?.includes(createHash('sha256').update(bytes).digest('hex')) ?? true;
  if (!isAsked) throw new LintelError('model-corrupt', basename(file));
  return bytes;
}
