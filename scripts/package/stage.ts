import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { ROOT } from '../setup/paths.ts';

/** Where the product lies on the machine that it is installed on; the units name it, too. */
const HOME = 'opt/lintel';

/** What an appliance runs, besides its packages. Node runs TypeScript as it stands. */
const PRODUCT = [
  'LICENSE',
  'package.json',
  'client',
  'contract',
  'core',
  'main',
  'models',
  'dist/renderer',
  'node_modules/.bin/node',
  'node_modules/@mediapipe/tasks-vision/wasm',
];

/** Files of the product that the system reads elsewhere. */
export const PLACES: readonly (readonly [source: string, target: string])[] = [
  ['main/deploy/lintel.service', 'usr/lib/systemd/system/lintel.service'],
  ['main/deploy/lintel-screen.service', 'usr/lib/systemd/system/lintel-screen.service'],
  ['main/deploy/lintel.sysusers', 'usr/lib/sysusers.d/lintel.conf'],
  ['main/deploy/lintel.tmpfiles', 'usr/lib/tmpfiles.d/lintel.conf'],
  ['main/deploy/chromium-policy.json', 'etc/chromium/policies/managed/lintel.json'],
  ['main/deploy/debian/lintel', 'usr/bin/lintel'],
  ['main/deploy/debian/conffiles', 'DEBIAN/conffiles'],
  ['main/deploy/debian/postinst', 'DEBIAN/postinst'],
  ['main/deploy/debian/prerm', 'DEBIAN/prerm'],
  ['main/deploy/debian/postrm', 'DEBIAN/postrm'],
];

/** Tests and what addons are built from, by path from the project's folder. */
const LEFT_OUT = [
  /\.test\.ts$/,
  /\.map$/,
  /^(core|main)\/.*\/testing(\/|$)/,
  /^main\/deploy\/debian$/,
  /^node_modules\/(hnswlib-node|better-sqlite3-multiple-ciphers)\/(deps|src)$/,
  /^node_modules\/hnswlib-node\/build\/Release\/(obj\.target|\.deps)$/,
  // What networks were converted from.
  /^models\/weights\/.*\.(bin|binarypb|tflite|json)$/,
  // The TypeScript runs; what the other packages bring besides their code does not.
  /^node_modules\/.*\.(d\.[cm]?ts|md|markdown)$/,
];

/**
 * Copies what is installed into a folder that stands for the root of a file system.
 * @returns the sum of the files' sizes in bytes
 */
export async function stage(folder: string): Promise<number> {
  for (const path of [...PRODUCT, ...productionPackages()]) {
    await cp(join(ROOT, path), join(folder, HOME, path), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => isInstalled(relative(ROOT, source)),
    });
  }
  await mkdir(join(folder, 'DEBIAN'), { recursive: true });
  for (const [source, target] of PLACES) await cp(join(ROOT, source), join(folder, target));
  return sizeOf(folder);
}

/** Packages that are there at run time, each by its folder. Those within another package come with that. */
function productionPackages(): string[] {
  const listed = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const paths = listed.split('\n').map((path) => relative(ROOT, path));
  return paths.filter((path) => path.lastIndexOf('node_modules') === 0);
}

/** Whether a path of the project, from its folder, is part of the package. */
export function isInstalled(path: string): boolean {
  return !LEFT_OUT.some((pattern) => pattern.test(path)) && isOfThisMachine(path);
}

/** Addons come for many machines; this one needs its own. */
function isOfThisMachine(path: string): boolean {
  const [, runtime] = /^node_modules\/onnxruntime-node\/bin\/[^/]+\/(.+)$/.exec(path) ?? [];
  if (runtime !== undefined) return `${runtime}/`.startsWith(`linux/${process.arch}/`) || runtime === 'linux';
  if (path.startsWith('node_modules/better-sqlite3-multiple-ciphers/prebuilds/'))
    return basename(path) === `linux-${process.arch}.node`;
  return true;
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}
