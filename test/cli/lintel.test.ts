import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fileKekProvider, LOCAL_ACCOUNT, openStore } from '#core/store';
import { find, STILL_CAMERA } from '../../scripts/setup/debian.ts';
import { ODD_JPEGS } from '../../core/recognition/testing/images.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { SAMPLE_PHOTOS, sampleFace } from '../../scripts/samples/samples.ts';
import { runCli } from '../../main/cli/program.ts';
import { lintel, newInstallation, type Installation } from '../support/appliance.ts';

const KEY = 'employee-0042';
let installation: Installation;
/** Portraits: two of Robin, one of a stranger. */
let robin: [string, string];
let stranger: string;

const file = (name: string): string => join(installation.data, '..', name);

beforeAll(async () => {
  installation = await newInstallation();
  robin = [file('robin-0.jpg'), file('robin-1.jpg')];
  stranger = file('stranger.jpg');
  await writeFile(robin[0], await portrait(sampleFace('Robin', 0)));
  await writeFile(robin[1], await portrait(sampleFace('Robin', 1)));
  await writeFile(stranger, await portrait(sampleFace('Sasha')));
});
afterAll(() => installation.remove());

describe('people', () => {
  let faceId: unknown;

  it('enrols a person from several images', async () => {
    const { status, answer } = await lintel(
      installation,
      'enrol',
      '--collection',
      'staff',
      '--key',
      KEY,
      '--name',
      'Robin',
      robin[1],
      robin[1],
    );
    expect(status).toBe(0);
    expect(answer).toMatchObject({ externalKey: KEY, referenceCount: 2, rejected: [] });
    faceId = answer['faceId'];
    expect(faceId).toMatch(/^face_[0-9a-f]{32}$/);
  });

  it('identifies that person in another image, and nobody in a stranger’s', async () => {
    const found = await lintel(
      installation,
      'identify',
      '--collection',
      'staff',
      '--threshold',
      '90',
      robin[0],
    );
    expect(found.status).toBe(0);
    expect(found.answer).toMatchObject({ match: true, faceId, externalKey: KEY, hasFace: true });
    expect(found.answer['confidence']).toBeGreaterThanOrEqual(90);
    const nobody = await lintel(installation, 'identify', '--collection', 'staff', stranger);
    expect(nobody.status).toBe(0);
    expect(nobody.answer).toMatchObject({ match: false, faceId: null, externalKey: null, hasFace: true });
  });

  it.each(['enrol', 'enroll'])('refuses a key that is taken, and changes nothing: %s', async (command) => {
    const again = await lintel(installation, command, '--collection', 'staff', '--key', KEY, stranger);
    expect(again).toMatchObject({ status: 2, answer: { error: { code: 'external-key-in-use' } } });
    const { answer } = await lintel(installation, 'faces', '--collection', 'staff');
    expect(answer).toMatchObject({ total: 1, faces: [{ faceId, metadata: { name: 'Robin' } }] });
  });

  it('reports a person who is enrolled already', async () => {
    const { answer } = await lintel(installation, 'enrol', '--collection', 'twice', robin[0]);
    expect(answer).toMatchObject({ suspectedDuplicates: [] });
    const again = await lintel(installation, 'enrol', '--collection', 'twice', robin[1]);
    expect(again).toMatchObject({
      status: 0,
      answer: { suspectedDuplicates: [{ faceId: answer['faceId'], externalKey: null }] },
    });
    const other = await lintel(installation, 'enrol', '--collection', 'twice', stranger);
    expect(other.answer).toMatchObject({ suspectedDuplicates: [] });
    const learned = await lintel(
      installation,
      'unlearn',
      '--collection',
      'twice',
      '--face',
      String(answer['faceId']),
    );
    expect(learned).toMatchObject({ status: 0, answer: { referenceCount: 1 } });
  });

  it('calibrates on enough people only', async () => {
    const few = await lintel(installation, 'calibrate', '--collection', 'staff');
    expect(few).toMatchObject({ status: 2, answer: { error: { code: 'calibration-too-few' } } });
    expect(await lintel(installation, 'calibrate')).toMatchObject({ status: 2 });
    const reset = await lintel(installation, 'calibrate', '--reset');
    expect(reset).toMatchObject({ status: 0, answer: { reset: true } });
  });

  it('verifies two images', async () => {
    expect(await lintel(installation, 'verify', ...robin)).toMatchObject({
      status: 0,
      answer: { match: true },
    });
    const others = await lintel(installation, 'verify', robin[0], stranger);
    expect(others).toMatchObject({ status: 0, answer: { match: false } });
  });

  it('enrols every JPEG that it can read, however odd its headers', async () => {
    const photo = await readFile(robin[0]);
    const odd = await Promise.all(
      Object.values(ODD_JPEGS).map(async (change, i) => {
        await writeFile(file(`odd-${i}.jpg`), change(photo));
        return file(`odd-${i}.jpg`);
      }),
    );
    const enrolled = await lintel(installation, 'enrol', '--collection', 'odd', ...odd);
    expect(enrolled).toMatchObject({ status: 0, answer: { referenceCount: odd.length, rejected: [] } });
  });

  it.each([90, 180, 270])(
    'refuses a picture turned by %i degrees, and matches nobody with it',
    async (turn) => {
      const turned = file(`turned-${turn}.jpg`);
      await writeFile(
        turned,
        await sharp(await readFile(robin[0]))
          .rotate(turn)
          .jpeg()
          .toBuffer(),
      );
      expect(await lintel(installation, 'identify', '--collection', 'staff', turned)).toMatchObject({
        status: 0,
        answer: { match: false, faceId: null, problem: 'not-upright' },
      });
      for (const args of [
        ['enrol', '--collection', 'staff', turned],
        ['verify', robin[0], turned],
      ]) {
        expect(await lintel(installation, ...args)).toMatchObject({
          status: 2,
          answer: { error: { code: 'not-upright' } },
        });
      }
    },
  );

  it('leaves nothing readable on the disk', async () => {
    for (const name of await filesIn(installation.data)) {
      const bytes = await readFile(name);
      for (const secret of [KEY, 'Robin', 'staff', 'SQLite format 3']) {
        expect(bytes.includes(secret), `${secret} in ${name}`).toBe(false);
      }
    }
  });

  it('deletes a person, who is then nobody', async () => {
    const gone = await lintel(installation, 'delete', '--collection', 'staff', '--face', String(faceId));
    expect(gone).toMatchObject({ status: 0, answer: { deleted: true } });
    const { answer } = await lintel(installation, 'identify', '--collection', 'staff', robin[0]);
    expect(answer).toMatchObject({ match: false });
    expect((await lintel(installation, 'collections')).answer).toMatchObject({
      collections: [{ collectionId: 'odd' }, { collectionId: 'staff' }, { collectionId: 'twice' }],
    });
  });
});

describe('bad input', () => {
  const enrolling = (...words: string[]) => lintel(installation, 'enrol', '--collection', 'x', ...words);

  it.each([
    ['an empty file', 'image-empty', () => Promise.resolve(Buffer.alloc(0))],
    ['a text', 'image-unsupported', () => Promise.resolve(Buffer.from('not an image'))],
    ['half a JPEG', 'image-corrupt', async () => (await readFile(robin[0])).subarray(0, 9000)],
    ['an animated GIF', 'image-unsupported', animatedGif],
    ['a picture of 400 million pixels', 'image-too-many-pixels', pixelBomb],
    ['a picture without a face', 'no-face', blank],
  ])('refuses %s', async (_, code, make) => {
    await writeFile(file('bad'), await make());
    expect(await enrolling(file('bad'))).toMatchObject({ status: 2, answer: { error: { code } } });
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
    execFileSync('mkfifo', [file('pipe')]);
    for (const path of [file('pipe'), '/dev/zero', installation.data]) {
      for (const words of [
        ['detect', path],
        ['enrol', '--collection', 'x', path],
        ['identify', '--collection', 'twice', path],
        ['verify', robin[0], path],
      ]) {
        const found = await lintel(installation, ...words);
        expect(found).toMatchObject({ status: 2, answer: { error: { code: 'image-unreadable' } } });
      }
    }
  });

  it('refuses a photograph of a couple, and says how many it shows', async () => {
    const both = await Promise.all(
      [robin[0], stranger].map(async (path) =>
        sharp(await readFile(path))
          .resize(500, 600, { fit: 'cover' })
          .toBuffer(),
      ),
    );
    const couple = sharp({ create: { width: 1000, height: 600, channels: 3, background: '#777' } });
    const composed = couple.composite(both.map((input, i) => ({ input, left: 500 * i, top: 0 })));
    await writeFile(file('couple.jpg'), await composed.jpeg().toBuffer());
    const refused = await enrolling(file('couple.jpg'));
    expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'several-faces' } } });
    expect(JSON.stringify(refused.answer)).toContain('(2 faces) (couple.jpg)');
  });

  it.each([
    ['0.8', '80'],
    ['.95', '95'],
    ['1', '100'],
  ])('refuses the threshold %s, and says to write %s', async (threshold, hint) => {
    for (const words of [
      ['identify', '--collection', 'x', '--threshold', threshold, stranger],
      ['verify', '--threshold', threshold, ...robin],
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
    ['a file', 'file-exists', () => robin[0]],
    ['a folder in a file', 'usage', () => join(robin[0], 'data')],
    ['where the system makes no folders', 'usage', () => '/proc/nope/data'],
    ['where the system makes no store', 'usage', () => '/proc'],
  ])('refuses as a data folder %s', async (_, code, data) => {
    for (const words of [
      ['sync', 'status'],
      ['faces', '--collection', 'x'],
      ['enrol', '--collection', 'x', robin[0]],
      ['retention'],
    ]) {
      expect(await lintel({ ...installation, data: data() }, ...words)).toMatchObject({
        status: 2,
        answer: { error: { code } },
      });
    }
  });

  it('refuses ids, keys and thresholds outside their alphabet and range', async () => {
    const badCollection = await lintel(installation, 'enrol', '--collection', 'a b', robin[0]);
    expect(badCollection).toMatchObject({ status: 2, answer: { error: { code: 'collection-id-invalid' } } });
    const badKey = await enrolling('--key', 'schlüssel', robin[0]);
    expect(badKey).toMatchObject({ status: 2, answer: { error: { code: 'external-key-invalid' } } });
    const badThreshold = await lintel(installation, 'verify', '--threshold', '101', ...robin);
    expect(badThreshold).toMatchObject({ status: 2, answer: { error: { code: 'threshold-invalid' } } });
    const unknown = await lintel(installation, 'identify', '--collection', 'unknown', robin[0]);
    expect(unknown).toMatchObject({ status: 2, answer: { error: { code: 'collection-not-found' } } });
  });

  it('takes CMYK, turns an image upright by its EXIF orientation, and counts the other faces', async () => {
    const photo = await readFile(robin[0]);
    await writeFile(file('cmyk.jpg'), await sharp(photo).toColourspace('cmyk').jpeg().toBuffer());
    const upright = await lintel(installation, 'detect', robin[0]);
    const cmyk = await lintel(installation, 'detect', file('cmyk.jpg'));
    expect(cmyk).toMatchObject({ status: 0, answer: { hasFace: true, image: { width: 720, height: 560 } } });

    const turned = sharp(photo).rotate(90).jpeg({ quality: 100 }).withMetadata({ orientation: 8 });
    await writeFile(file('turned.jpg'), await turned.toBuffer());
    const { answer } = await lintel(installation, 'detect', file('turned.jpg'));
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
    expect(stdout).toBe(
      `face_${'e'.repeat(32)}\t-\tEve\\u{a}face_0\\u{9}-\\u{9}Root\\u{1b}[2K\\u{202e}gro\n`,
    );
    const { stdout: json } = await printed('faces', '--collection', 'elsewhere', '--json');
    expect(json).toContain('\\u202e');
    expect(JSON.parse(json)).toMatchObject({ faces: [{ metadata: { name: EVIL } }] });
  });

  it('forges no line as the name of a file', async () => {
    const { stderr } = await printed('detect', file('a\nlintel: done\u001b[2K.jpg'));
    expect(stderr).toBe(
      'lintel: The image file cannot be read. (a\\u{a}lintel: done\\u{1b}[2K.jpg) [image-unreadable]\n',
    );
  });

  it('forges no line as the name of a folder either', async () => {
    const [stdout, stderr] = [vi.fn<(text: string) => void>(), vi.fn<(text: string) => void>()];
    const data = join(robin[0], 'a\nlintel: done');
    expect(await runCli(['collections', '--data', data], { stdout, stderr })).toBe(2);
    expect(stderr.mock.calls.join('')).toContain('a\\u{a}lintel: done');
  });

  it('is no name when it holds what cannot be seen', async () => {
    for (const name of [EVIL, '\u200b', ' ']) {
      const { stderr } = await printed('enrol', '--collection', 'x', '--name', name, robin[0]);
      expect(stderr).toContain('A name has 1 to 200 characters that can be seen');
    }
  });

  it('says when one face of several was looked at', async () => {
    const { stdout } = await printed('verify', join(SAMPLE_PHOTOS, 'sample3.jpg'), robin[0]);
    expect(stdout).toContain('sample3.jpg shows 3 faces: the largest was looked at.');
  });
});

describe('the key', () => {
  it('that is wrong, or a store cut short, gives a clear error and changes nothing', async () => {
    const shop = await newInstallation();
    try {
      await lintel(shop, 'enrol', '--collection', 'x', robin[0]);
      const before = await hashOf(shop.data);
      await writeFile(`${shop.keyFile}-2`, 'ab'.repeat(32), { mode: 0o600 });
      const wrong = await lintel({ ...shop, keyFile: `${shop.keyFile}-2` }, 'collections');
      expect(wrong).toMatchObject({ status: 1, answer: { error: { code: 'store-key-wrong' } } });
      expect(await hashOf(shop.data)).toBe(before);

      const store = (await filesIn(shop.data)).find((path) => path.endsWith('store.db'))!;
      await truncate(store, (await readFile(store)).length - 5000);
      const cut = await hashOf(shop.data);
      const corrupt = await lintel(shop, 'collections');
      expect(corrupt).toMatchObject({ status: 1, answer: { error: { code: 'store-corrupt' } } });
      expect(await hashOf(shop.data)).toBe(cut);
    } finally {
      await shop.remove();
    }
  });
});

describe('a camera without a screen', () => {
  it.skipIf(find(STILL_CAMERA) === null)('takes the picture that is looked at', async () => {
    const { status, answer } = await lintel(
      installation,
      'identify',
      '--collection',
      'staff',
      '--camera',
      'test',
    );
    expect({ status, hasFace: answer['hasFace'] }).toEqual({ status: 0, hasFace: false });
  });
});

/** Every file below a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

async function hashOf(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const path of await filesIn(folder)) hash.update(path).update(await readFile(path));
  return hash.digest('hex');
}

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
