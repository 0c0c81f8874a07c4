import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { build } from './build/build.ts';
import { controlOf, DEBIAN_ARCHITECTURES } from './package/control.ts';
import { stage } from './package/stage.ts';
import { ROOT, say } from './setup/paths.ts';

/** `npm run package:debian`: the appliance with its browser shell, command line and units, as one Debian package. */

const Product = z.object({ version: z.string(), license: z.string(), description: z.string() });

const folder = await mkdtemp(join(tmpdir(), 'lintel-package-'));
try {
  await build(['renderer']);
  const product = Product.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));
  say('Collecting files …');
  const kilobytes = Math.ceil((await stage(folder)) / 1024);
  const control = controlOf({ version: product.version, architecture: process.arch, kilobytes });
  await writeFile(join(folder, 'DEBIAN/control'), control);
  const target = join(ROOT, 'release');
  await mkdir(target, { recursive: true });
  await chmod(folder, 0o755);
  say('Compressing …');
  const file = join(target, `lintel-appliance_${product.version}_${DEBIAN_ARCHITECTURES[process.arch]}.deb`);
  // Every file belongs to root, whoever built the package.
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zzstd', '--build', folder, file], {
    stdio: ['ignore', 2, 2],
  });
  process.stdout.write(`${file}\n`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
