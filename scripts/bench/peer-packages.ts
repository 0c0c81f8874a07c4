import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LintelError } from '#contract';

/** Exact versions. They stay out of the product's own dependencies: 80 packages, 400 MB. */
export const PEER_PACKAGES = {
  '@vladmandic/human': '3.3.6',
  '@vladmandic/face-api': '1.7.15',
  '@tensorflow/tfjs': '4.22.0',
  '@tensorflow/tfjs-backend-wasm': '4.22.0',
  usearch: '2.26.2',
  'sqlite-vec': '0.1.9',
} as const;

/**
 * Install the peers into a folder of their own, unless they are there.
 * @throws LintelError `internal` with npm's last words
 */
export async function installPeers(dir: string): Promise<void> {
  const wanted = JSON.stringify({ private: true, dependencies: PEER_PACKAGES });
  const done = join(dir, 'installed.json');
  if ((await readFile(done, 'utf8').catch(() => null)) === wanted) return;
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'package.json'), wanted);
  process.stderr.write(`Installing ${Object.keys(PEER_PACKAGES).join(', ')} into ${dir}\n`);
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'];
  await promisify(execFile)('npm', args, { cwd: dir }).catch((error: Error) => {
    throw new LintelError('internal', `The peers cannot be installed: ${error.message.slice(-500)}`, {
      cause: error,
    });
  });
  await writeFile(done, wanted);
}
