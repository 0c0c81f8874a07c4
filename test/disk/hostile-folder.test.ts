import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { fileKekProvider, openStore } from '#core/store';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

const CHILD = fileURLToPath(new URL('hostile-child.ts', import.meta.url));
/** Null without the rights to mount one. */
const disk = mountSmallDisk();
let outcomes: Record<string, string>;

beforeAll(async () => {
  const args: string[] = [];
  if (disk !== null) {
    const dir = join(disk.folder, 'data');
    await (await openStore({ dir, kekProvider: fileKekProvider(join(disk.folder, 'key')) })).close();
    mkdirSync(join(dir, 'receipts'));
    for (const name of ['running.lock', 'settings.json'])
      writeFileSync(join(dir, name), name === 'settings.json' ? '{}' : '');
    execFileSync('chown', ['-R', '65534', disk.folder]);
    execFileSync('mount', ['-o', 'remount,ro', disk.folder]);
    args.push(dir);
  }
  // A pipe that is waited for holds the child up for good.
  const printed = execFileSync(process.execPath, [CHILD, ...args], {
    encoding: 'utf8',
    timeout: NEVER_COMES_MS,
  });
  outcomes = z.record(z.string(), z.string()).parse(JSON.parse(printed));
});
afterAll(() => disk?.remove());

const of = (start: string): Record<string, string> =>
  Object.fromEntries(Object.entries(outcomes).filter(([name]) => name.startsWith(start)));

it.each(['link', 'dangling', 'pipe'])('a %s in the data folder is refused, not followed', (kind) => {
  const found = of(`${kind} `);
  expect(Object.keys(found).length).toBeGreaterThan(12);
  expect(new Set(Object.values(found))).toEqual(new Set(['data-folder-unsafe']));
});

it('a link where a backup or a key is to be made is not written through', () => {
  expect(of('backup onto')).toEqual({
    'backup onto a link': 'file-exists',
    'backup onto a dangling': 'file-exists',
  });
  expect(of('key onto')).toEqual({ 'key onto a dangling link': 'store-key-missing' });
});

it('a folder or file that the user may not use is named as such', () => {
  const {
    'mode 500 store: change': inClosed,
    'mode 400 store/store.db: change': inFile,
    ...others
  } = of('mode ');
  expect([inClosed, inFile]).toEqual(['store-read-only', 'store-read-only']);
  expect(Object.keys(others).length).toBeGreaterThan(15);
  expect(Object.values(others).filter((code) => !['usage', 'store-read-only'].includes(code))).toEqual([]);
  // What only reads says that nothing was started there.
  expect(new Set(Object.values(of('new folder in a closed one')))).toEqual(
    new Set(['usage', 'store-missing']),
  );
  expect(of('backup into')).toEqual({ 'backup into a closed folder': 'usage' });
});

it.skipIf(disk === null)('a disk that is read-only is named as such', () => {
  // What is there can be read, with its key.
  expect(of('read-only disk')).toEqual({
    'read-only disk: claim': 'done',
    'read-only disk: store': 'store-key-wrong',
    'read-only disk: command': 'store-key-wrong',
    'read-only disk: settings': 'usage',
    'read-only disk: receipt': 'usage',
  });
  expect(Object.values(of('new folder on'))).toEqual(['usage']);
});
