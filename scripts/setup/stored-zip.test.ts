import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { storedZip } from './stored-zip.ts';

const entries = [
  { name: 'first.bin', data: Buffer.from('one') },
  { name: 'a-longer-name.bin', data: Buffer.alloc(1000, 7) },
];

it('lays each file’s data at a multiple of 64 bytes, unchanged', () => {
  const zip = storedZip(entries);
  for (const { data } of entries) expect(zip.indexOf(data) % 64).toBe(0);
  expect(storedZip(entries).equals(zip)).toBe(true);
});

it('is an archive that another program reads', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lintel-zip-'));
  try {
    await writeFile(join(folder, 'x.zip'), storedZip(entries));
    const check =
      'import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;print(z.namelist())';
    const { stdout } = spawnSync('python3', ['-c', check, join(folder, 'x.zip')], { encoding: 'utf8' });
    expect(stdout.trim()).toBe("['first.bin', 'a-longer-name.bin']");
  } finally {
    await rm(folder, { recursive: true });
  }
});
