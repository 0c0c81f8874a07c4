import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLIPS = fileURLToPath(new URL('../../.cache/clips/', import.meta.url));

/**
 * Make a file that takes long and is always the same, once, and keep it.
 * @param name what it begins with @param from all that it is made from
 * @returns its path
 */
export async function kept(
  name: string,
  extension: string,
  from: readonly unknown[],
  make: () => Promise<Uint8Array>,
): Promise<string> {
  const id = createHash('sha256').update(JSON.stringify(from)).digest('hex');
  const path = join(CLIPS, `${name}-${id.slice(0, 12)}.${extension}`);
  if (existsSync(path)) return path;
  const bytes = await make();
  await mkdir(CLIPS, { recursive: true });
  // Other processes may make the same one meanwhile.
  const part = `${path}.${randomBytes(8).toString('hex')}`;
  await writeFile(part, bytes);
  await rename(part, path);
  return path;
}
