import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fileKekProvider, LOCAL_ACCOUNT, openStore } from '#core/store';
import { runCli } from '../../main/cli/program.ts';
import { SAMPLE_PHOTOS } from '../../scripts/samples/samples.ts';
import { lintel } from '../support/appliance.ts';
import { newPortraitInstallation, type PortraitInstallation } from '../support/portrait-files.ts';

/** What the command line refuses, and how it prints text that comes from elsewhere. */

let installation: PortraitInstallation;

beforeAll(async () => {
  installation = await newPortraitInstallation();
});
afterAll(() => installation.remove());

describe('bad input', () => {
  const enrolling = (...words: string[]) => lintel(installation, 'enrol', '--collection', 'x', ...words);

  it.each([
    ['an empty file', 'image-empty', () => Promise.resolve(Buffer.alloc(0))],
    ['a text', 'image-unsupported', () => Promise.resolve(Buffer.from('not an image'))],
    ['half a JPEG', 'image-corrupt', async () => (await readFile(installation.robin[0])).subarray(0, 9000)],
    ['an animated GIF', 'image-unsupported', animatedGif],
    ['a picture of 400 million pixels', 'image-too-many-pixels', pixelBomb],
    ['a picture without a face', 'no-face', blank],
  ])('refuses %s', async (_, code, make) => {
    await writeFile(installation.file('bad'), await make());
    expect(await enrolling(installation.file('bad'))).toMatchObject({
      status: 2,
      answer: { error: { code } },
    });
  });

  it.each([
    ['a file that is not there', 'image-unreadable', ['/nowhere/face.jpg']],
    ['no file', 'usage', []],
    ['a file and a camera', 'usage', ['--camera', 'test', 'x.jpg']],
    ['an unknown option', 'usage', ['--what', 'x.jpg']],
  ])('refuses %s', async (_, code, words) => {
    expect(await enrolling(...words)).toMatchObject({ status: 2, answer: { error: { code } } });
  });

  it('refuses what is no ordinary file, which might never end', async () => {
    execFileSync('mkfifo', [installation.file('pipe')]);
    for (const path of [installation.file('pipe'), '/dev/zero', installation.data]) {
      for (const words of [
        ['detect', path],
        ['enrol', '--collection', 'x', path],
        ['identify', '--collection', 'twice', path],
        ['verify', installation.robin[0], path],
      ]) {
        const found = await lintel(installation, ...words);
        expect(found).toMatchObject({ status: 2, answer: { error: { code: 'image-unreadable' } } });
      }
    }
  });

  it('refuses a photograph of a couple, and says how many it shows', async () => {
    const both = await Promise.all(
      [installation.robin[0], installation.sasha].map(async (path) =>
        sharp(await readFile(path))
          .resize(500, 600, { fit: 'cover' })
          .toBuffer(),
      ),
    );
    const couple = sharp({ create: { width: 1000, height: 600, channels: 3, background: '#777' } });
    const composed = couple.composite(both.map((input, i) => ({ input, left: 500 * i, top: 0 })));
    await writeFile(installation.file('couple.jpg'), await composed.jpeg().toBuffer());
    const refused = await enrolling(installation.file('couple.jpg'));
    expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'several-faces' } } });
    expect(JSON.stringify(refused.answer)).toContain('(2 faces) (couple.jpg)');
  });

  it.each([
    ['0.8', '80'],
    ['.95', '95'],
    ['1', '100'],
  ])('refuses the threshold %s, and says to write %s', async (threshold, hint) => {
    for (const words of [
      ['identify', '--collection', 'x', '--threshold', threshold, installation.sasha],
      ['verify', '--threshold', threshold, ...installation.robin],
    ]) {
      const refused = await lintel(installation, ...words);
      expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
      expect(JSON.stringify(refused.answer)).toContain(`write ${hint} for`);
    }
  });

  it.each([[[]], [['sync']], [['account', 'keys']]])('lists the commands without one: %j', async (words) => {
    const [stdout, stderr] = [vi.fn<(text: string) => void>(), vi.fn<(text: string) => void>()];
    expect(await runCli(words, { stdout, stderr })).toBe(2);
    expect(stdout).not.toHaveBeenCalled();
    const said = stderr.mock.calls.join('');
    expect(said).toMatch(new RegExp(`^Usage: ${['lintel', ...words].join(' ')} .*Commands:`, 's'));
    expect(said).not.toContain('(outputHelp)');
  });

  it.each([
    ['a file', 'file-exists', 'file-exists', () => installation.robin[0]],
    ['a folder in a file', 'usage', 'usage', () => join(installation.robin[0], 'data')],
    ['where the system makes no folders', 'usage', 'store-missing', () => '/proc/nope/data'],
    ['where the system makes no store', 'usage', 'store-missing', () => '/proc'],
  ])('refuses as a data folder %s', async (_, toMake, toRead, data) => {
    for (const [code, words] of [
      [toRead, ['sync', 'status']],
      [toRead, ['faces', '--collection', 'x']],
      [toMake, ['enrol', '--collection', 'x', installation.robin[0]]],
      [toRead, ['retention']],
    ] as const) {
      expect(await lintel({ ...installation, data: data() }, ...words)).toMatchObject({
        status: 2,
        answer: { error: { code } },
      });
    }
  });

  it('says by its status that an import of an empty list enrolled nobody', async () => {
    await mkdir(installation.file('nobody'));
    expect(await lintel(installation, 'import', installation.file('nobody'))).toEqual({
      status: 2,
      answer: { counted: {}, people: [] },
    });
  });

  it('refuses ids, keys and thresholds outside their alphabet and range', async () => {
    const badCollection = await lintel(installation, 'enrol', '--collection', 'a b', installation.robin[0]);
    expect(badCollection).toMatchObject({ status: 2, answer: { error: { code: 'collection-id-invalid' } } });
    const badKey = await enrolling('--key', 'schlüssel', installation.robin[0]);
    expect(badKey).toMatchObject({ status: 2, answer: { error: { code: 'external-key-invalid' } } });
    const badThreshold = await lintel(installation, 'verify', '--threshold', '101', ...installation.robin);
    expect(badThreshold).toMatchObject({ status: 2, answer: { error: { code: 'threshold-invalid' } } });
    const unknown = await lintel(installation, 'identify', '--collection', 'unknown', installation.robin[0]);
    expect(unknown).toMatchObject({ status: 2, answer: { error: { code: 'collection-not-found' } } });
  });

  it('takes CMYK, turns an image upright by its EXIF orientation, and counts the other faces', async () => {
    const photo = await readFile(installation.robin[0]);
    await writeFile(
      installation.file('cmyk.jpg'),
      await sharp(photo).toColourspace('cmyk').jpeg().toBuffer(),
    );
    const upright = await lintel(installation, 'detect', installation.robin[0]);
    const cmyk = await lintel(installation, 'detect', installation.file('cmyk.jpg'));
    expect(cmyk).toMatchObject({ status: 0, answer: { hasFace: true, image: { width: 720, height: 560 } } });

    const turned = sharp(photo).rotate(90).jpeg({ quality: 100 }).withMetadata({ orientation: 8 });
    await writeFile(installation.file('turned.jpg'), await turned.toBuffer());
    const { answer } = await lintel(installation, 'detect', installation.file('turned.jpg'));
    expect(answer).toMatchObject({ hasFace: true, image: { width: 720, height: 560 } });
    const box = (found: Record<string, unknown>) =>
      (found['face'] as { boundingBox: Record<'x' | 'y' | 'width' | 'height', number> }).boundingBox;
    for (const side of ['x', 'y', 'width', 'height'] as const) {
      expect(Math.abs(box(answer)[side] - box(upright.answer)[side])).toBeLessThan(6);
    }

    const group = await lintel(installation, 'detect', join(SAMPLE_PHOTOS, 'sample3.jpg'));
    expect(group).toMatchObject({ status: 0, answer: { hasFace: true, unprocessedFaceCount: 2 } });
  });
});

describe('text from elsewhere', () => {
  const EVIL = 'Eve\nface_0\t-\tRoot\u001b[2K\u202egro';
  /** What a command prints for people. */
  async function printed(...words: string[]): Promise<{ stdout: string; stderr: string }> {
    const [stdout, stderr] = [vi.fn<(text: string) => void>(), vi.fn<(text: string) => void>()];
    const { data, keyFile } = installation;
    await runCli([...words, '--data', data, '--key-file', keyFile], { stdout, stderr });
    return { stdout: stdout.mock.calls.join(''), stderr: stderr.mock.calls.join('') };
  }

  it('forges no line: a name that another device gave is printed on its own', async () => {
    const store = await openStore({
      dir: installation.data,
      kekProvider: fileKekProvider(installation.keyFile),
    });
    await store.createCollection(LOCAL_ACCOUNT, 'elsewhere');
    const modelId = (await store.servingModel(LOCAL_ACCOUNT)) ?? 'm';
    const template = new Float32Array(512).fill(Math.sqrt(1 / 512));
    await store.addFace(LOCAL_ACCOUNT, 'elsewhere', {
      faceId: `face_${'e'.repeat(32)}`,
      references: [{ modelId, template, quality: 1, source: 'file' }],
      metadata: { name: EVIL },
    });
    await store.close();
    const { stdout } = await printed('faces', '--collection', 'elsewhere');
    expect(stdout.split('\n').slice(1)).toEqual([
      `face_${'e'.repeat(32)}  -    Eve\\u{a}face_0\\u{9}-\\u{9}Root\\u{1b}[2K\\u{202e}gro  -`,
      '',
    ]);
    const { stdout: json } = await printed('faces', '--collection', 'elsewhere', '--json');
    expect(json).toContain('\\u202e');
    expect(JSON.parse(json)).toMatchObject({ faces: [{ metadata: { name: EVIL } }] });
  });

  it('forges no line as the name of a file', async () => {
    const { stderr } = await printed('detect', installation.file('a\nlintel: done\u001b[2K.jpg'));
    const shown = installation.file('a\\u{a}lintel: done\\u{1b}[2K.jpg');
    expect(stderr).toBe(
      `lintel: The image file cannot be read. (${shown}: there is no such file) [image-unreadable]\n`,
    );
  });

  it('forges no line as the name of a folder either', async () => {
    const [stdout, stderr] = [vi.fn<(text: string) => void>(), vi.fn<(text: string) => void>()];
    const data = join(installation.robin[0], 'a\nlintel: done');
    expect(await runCli(['collections', '--data', data], { stdout, stderr })).toBe(2);
    expect(stderr.mock.calls.join('')).toContain('a\\u{a}lintel: done');
  });

  it('is no name when it holds what cannot be seen', async () => {
    for (const name of [EVIL, '\u200b', ' ']) {
      const { stderr } = await printed('enrol', '--collection', 'x', '--name', name, installation.robin[0]);
      expect(stderr).toContain('A name has 1 to 200 characters that can be seen');
    }
  });

  it('says when one face of several was looked at', async () => {
    const { stdout } = await printed('verify', join(SAMPLE_PHOTOS, 'sample3.jpg'), installation.robin[0]);
    expect(stdout).toContain('sample3.jpg shows 3 faces: the largest was looked at.');
  });
});

function blank(): Promise<Buffer> {
  return sharp({ create: { width: 300, height: 300, channels: 3, background: '#789' } })
    .jpeg()
    .toBuffer();
}

/** A small file whose header promises 20,000 x 20,000 pixels. */
async function pixelBomb(): Promise<Buffer> {
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#000' } })
    .png()
    .toBuffer();
  // After the signature: length, "IHDR", width, height, five more bytes, checksum.
  png.writeUInt32BE(20_000, 16);
  png.writeUInt32BE(20_000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

async function animatedGif(): Promise<Buffer> {
  const frames = await Promise.all(
    ['#111', '#eee'].map((background) =>
      sharp({ create: { width: 32, height: 32, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  return await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
}
