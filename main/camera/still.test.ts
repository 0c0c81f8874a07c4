import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { takeStill } from './index.ts';

const leftovers = (): string[] => readdirSync('/dev/shm').filter((name) => name.startsWith('lintel-still-'));

const hasFswebcam = spawnSync('fswebcam', ['--version']).error === undefined;

afterEach(() => vi.unstubAllEnvs());

describe('a still', () => {
  it.runIf(hasFswebcam)('is a JPEG (fswebcam test device; skipped where fswebcam is missing)', async () => {
    const image = await takeStill('test');
    expect(await sharp(image).metadata()).toMatchObject({ format: 'jpeg', width: 1280, height: 720 });
    expect(leftovers()).toEqual([]);
  });

  it.each(['/dev/video0;id', '$(id)', '/dev/../etc/passwd', '', 'test ', '/dev/video0\n', '/dev/video123'])(
    'refuses the device %j before a shell sees it',
    async (device) => {
      await expect(takeStill(device)).rejects.toMatchObject({ code: 'usage' });
    },
  );

  it.runIf(hasFswebcam)('says that there is no such camera', async () => {
    await expect(takeStill('/dev/video99')).rejects.toMatchObject({
      code: 'camera-unavailable',
      message: expect.stringContaining('/dev/video99'),
    });
    expect(leftovers()).toEqual([]);
  });

  it('says what to install', async () => {
    // A path with everything the command needs except fswebcam.
    const dir = mkdtempSync(join(tmpdir(), 'lintel-path-'));
    for (const tool of ['sh', 'timeout']) {
      symlinkSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(dir, tool));
    }
    vi.stubEnv('PATH', dir);
    await expect(takeStill('test')).rejects.toMatchObject({
      code: 'camera-unavailable',
      message: expect.stringContaining('apt install fswebcam'),
    });
    rmSync(dir, { recursive: true });
    expect(leftovers()).toEqual([]);
  });
});
