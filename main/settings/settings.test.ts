import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSettings } from './index.ts';

let dir: string;
let path: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-settings-'));
  path = join(dir, 'settings.json');
});
afterEach(async () => await rm(dir, { recursive: true, force: true }));

describe('settings', () => {
  it('start with the defaults and leave no file behind until something changes', async () => {
    const settings = await openSettings(path);
    expect(settings.current).toMatchObject({
      language: 'en',
      collectionId: 'default',
      falsePositiveRate: 1e-3,
    });
    expect(await readdir(dir)).toEqual([]);
  });

  it('keep a change over a restart, and only that change', async () => {
    const settings = await openSettings(path);
    await settings.update({ falsePositiveRate: 1e-4 });
    await settings.update({ language: 'ar' });
    expect(settings.current).toMatchObject({
      language: 'ar',
      falsePositiveRate: 1e-4,
      collectionId: 'default',
    });
    expect((await openSettings(path)).current).toEqual(settings.current);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['settings.json', 'settings.last-good.json']);
  });

  it('keep a copy, which repairs a file that was damaged', async () => {
    const settings = await openSettings(path);
    await settings.update({ language: 'ar' });
    await writeFile(path, '{');
    await expect(openSettings(path)).rejects.toThrow('settings.last-good.json holds the last good copy');
    await copyFile(join(dir, 'settings.last-good.json'), path);
    expect((await openSettings(path)).current).toEqual(settings.current);
  });

  it('narrow the mode of a file that was too open', async () => {
    await writeFile(path, '{}');
    await chmod(path, 0o644);
    await (await openSettings(path)).update({ sound: false });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('do not lose one of two changes made at once', async () => {
    const settings = await openSettings(path);
    await Promise.all([settings.update({ falsePositiveRate: 1e-2 }), settings.update({ sound: false })]);
    expect((await openSettings(path)).current).toMatchObject({ falsePositiveRate: 1e-2, sound: false });
  });

  it('take an absent value as no change', async () => {
    const settings = await openSettings(path);
    await settings.update({ falsePositiveRate: 1e-2 });
    await settings.update({ falsePositiveRate: undefined, sound: false });
    expect(settings.current).toMatchObject({ falsePositiveRate: 1e-2, sound: false });
  });

  it('are read from a file that another editor wrote, with a byte-order mark and its own line breaks', async () => {
    await writeFile(path, '\ufeff{\r\n  "sound": false\r\n}\r\n');
    expect((await openSettings(path)).current).toMatchObject({ sound: false });
  });

  it.each([
    ['a share in per cent', '{"falsePositiveRate":0.1}'],
    ['an empty file', ''],
    ['a file cut short', '{"language":"en","thre'],
    ['something else', '[]'],
    ['a value out of range', '{"falsePositiveRate":2}'],
    ['an unknown setting', '{"colour":"red"}'],
  ])('refuse %s and leave it as it is', async (_, content) => {
    await writeFile(path, content);
    await expect(openSettings(path)).rejects.toMatchObject({ code: 'settings-corrupt' });
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  it('change nothing when the file cannot be written, and recover', async () => {
    const settings = await openSettings(path);
    await rm(dir, { recursive: true });
    await expect(settings.update({ falsePositiveRate: 1e-2 })).rejects.toThrow(
      'settings.json cannot be written',
    );
    expect(settings.current.falsePositiveRate).toBe(1e-3);
    await mkdir(dir);
    await settings.update({ sound: false });
    expect((await openSettings(path)).current).toMatchObject({ falsePositiveRate: 1e-3, sound: false });
  });
});
