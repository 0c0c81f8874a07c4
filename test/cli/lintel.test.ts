import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CalibrationTable } from '#contract';
import { atUnitLength, MIN_PEOPLE, seeded } from '#core/matching';
import { modelIdOf } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT, openStore } from '#core/store';
import { randomTemplate } from '../../core/matching/testing/random-templates.ts';
import { ODD_JPEGS, WEIGHTS_DIR } from '../../core/recognition/testing/images.ts';
import { find, STILL_CAMERA } from '../../scripts/setup/debian.ts';
import { lintel, mustRun, newInstallation } from '../support/appliance.ts';
import { newPortraitInstallation, type PortraitInstallation } from '../support/portrait-files.ts';

const ENTRY = fileURLToPath(new URL('../../main/cli/lintel.ts', import.meta.url));
const KEY = 'employee-0042';
let installation: PortraitInstallation;

beforeAll(async () => {
  installation = await newPortraitInstallation();
});
afterAll(() => installation.remove());

describe('people', () => {
  let faceId: unknown;

  it('enrols a person from several images, one of which repeats another', async () => {
    const { status, answer } = await lintel(
      installation,
      'enrol',
      '--collection',
      'staff',
      '--key',
      KEY,
      '--name',
      'Robin',
      installation.robin[1],
      installation.robin[1],
    );
    expect(status).toBe(0);
    expect(answer).toMatchObject({
      externalKey: KEY,
      referenceCount: 1,
      expectedMissRate: 0.11,
      rejected: [{ image: 'robin-1.jpg', code: 'picture-repeats' }],
    });
    faceId = answer['faceId'];
    expect(faceId).toMatch(/^face_[0-9a-f]{32}$/);
  });

  it('identifies that person in another image, and no person in a stranger’s', async () => {
    const found = await lintel(
      installation,
      'identify',
      '--collection',
      'staff',
      '--threshold',
      '90',
      installation.robin[0],
    );
    expect(found.status).toBe(0);
    expect(found.answer).toMatchObject({ match: true, faceId, externalKey: KEY, hasFace: true });
    expect(found.answer['confidence']).toBeGreaterThanOrEqual(90);
    const nobody = await lintel(installation, 'identify', '--collection', 'staff', installation.sasha);
    expect(nobody.status).toBe(0);
    expect(nobody.answer).toMatchObject({ match: false, faceId: null, externalKey: null, hasFace: true });
  });

  it.each(['enrol', 'enroll'])('refuses a key that is taken, and changes nothing: %s', async (command) => {
    const again = await lintel(
      installation,
      command,
      '--collection',
      'staff',
      '--key',
      KEY,
      installation.sasha,
    );
    expect(again).toMatchObject({ status: 2, answer: { error: { code: 'external-key-in-use' } } });
    const { answer } = await lintel(installation, 'faces', '--collection', 'staff');
    expect(answer).toMatchObject({ total: 1, faces: [{ faceId, metadata: { name: 'Robin' } }] });
  });

  it('reports a person who is enrolled already', async () => {
    const { answer } = await lintel(installation, 'enrol', '--collection', 'twice', installation.robin[0]);
    expect(answer).toMatchObject({ suspectedDuplicates: [] });
    const again = await lintel(installation, 'enrol', '--collection', 'twice', installation.robin[1]);
    expect(again).toMatchObject({
      status: 0,
      answer: { suspectedDuplicates: [{ faceId: answer['faceId'], externalKey: null }] },
    });
    const other = await lintel(installation, 'enrol', '--collection', 'twice', installation.sasha);
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

  it('calibrates on the worst group of a file, by external keys', async () => {
    const modelId = await modelIdOf(WEIGHTS_DIR, 'default');
    const aside = { ...installation, data: installation.file('groups') };
    const store = await openStore({
      dir: aside.data,
      kekProvider: fileKekProvider(installation.keyFile),
    });
    const random = seeded(5);
    await store.createCollection(LOCAL_ACCOUNT, 'groups');
    const lines = ['person,group'];
    for (const [group, common] of [
      ['alike', 0.05],
      ['different', 0],
    ] as const) {
      for (let i = 0; i < MIN_PEOPLE; i++) {
        const template = atUnitLength(randomTemplate(512, random).map((value) => value + common));
        const references = [{ modelId, template, quality: 1, source: 'file' }] as const;
        await store.addFace(LOCAL_ACCOUNT, 'groups', {
          faceId: `face_${randomBytes(16).toString('hex')}`,
          externalKey: `${group}-${i}`,
          references,
        });
        lines.push(`${group}-${i},${group}`);
      }
    }
    await store.close();
    const groups = installation.file('groups.csv');
    await writeFile(groups, lines.join('\n'));
    const measure = (...words: string[]) =>
      lintel(aside, 'calibrate', '--collection', 'groups', '--dry-run', ...words);
    const [all, worst] = [await measure(), await measure('--groups', groups)];
    expect(worst).toMatchObject({
      status: 0,
      answer: { used: false, table: { people: 2 * MIN_PEOPLE } },
    });
    const at = ({ answer }: typeof all) => CalibrationTable.parse(answer['table']).points[1]!;
    expect(at(worst)).toMatchObject({ falseMatchRate: at(all).falseMatchRate });
    expect(at(worst).similarity).toBeGreaterThan(at(all).similarity);
    const rates = worst.answer['worst'] as { falseMatchRate: number; group: string }[];
    expect(rates[1]).toMatchObject({ falseMatchRate: at(worst).falseMatchRate, group: 'alike' });
    const missing = await measure('--groups', installation.file('nothing.csv'));
    expect(missing).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
  });

  it('verifies two images', async () => {
    expect(await lintel(installation, 'verify', ...installation.robin)).toMatchObject({
      status: 0,
      answer: { match: true },
    });
    const others = await lintel(installation, 'verify', installation.robin[0], installation.sasha);
    expect(others).toMatchObject({ status: 0, answer: { match: false } });
  });

  it('identifies as a process of its own, which opens its networks itself and ends', async () => {
    const { data, keyFile, robin } = installation;
    const words = ['identify', '--collection', 'staff', robin[0], '--data', data, '--key-file', keyFile];
    const { stdout } = await promisify(execFile)(process.execPath, [ENTRY, ...words, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ match: true, externalKey: KEY });
  });

  it('enrols every JPEG that it can read, however odd its headers', async () => {
    const photo = await readFile(installation.robin[0]);
    const odd = await Promise.all(
      Object.values(ODD_JPEGS).map(async (change, i) => {
        await writeFile(installation.file(`odd-${i}.jpg`), change(photo));
        return installation.file(`odd-${i}.jpg`);
      }),
    );
    const enrolled = await lintel(installation, 'enrol', '--collection', 'odd', ...odd);
    const repeats = odd.slice(1).map((file) => ({ image: basename(file), code: 'picture-repeats' }));
    expect(enrolled).toMatchObject({ status: 0, answer: { referenceCount: 1, rejected: repeats } });
  });

  it.each([90, 180, 270])(
    'refuses a picture turned by %i degrees, and matches no face with it',
    async (turn) => {
      const turned = installation.file(`turned-${turn}.jpg`);
      await writeFile(
        turned,
        await sharp(await readFile(installation.robin[0]))
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
        ['verify', installation.robin[0], turned],
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

  it('deletes a person, who is then unknown', async () => {
    const gone = await lintel(installation, 'delete', '--collection', 'staff', '--face', String(faceId));
    expect(gone).toMatchObject({ status: 0, answer: { deleted: true } });
    const { answer } = await lintel(installation, 'identify', '--collection', 'staff', installation.robin[0]);
    expect(answer).toMatchObject({ match: false });
    expect((await lintel(installation, 'collections')).answer).toMatchObject({
      collections: [{ collectionId: 'odd' }, { collectionId: 'staff' }, { collectionId: 'twice' }],
    });
  });
});

describe('the key', () => {
  it('that is wrong, or a store cut short, gives a clear error and changes nothing', async () => {
    const shop = await newInstallation();
    try {
      await mustRun(shop, 'enrol', '--collection', 'x', installation.robin[0]);
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
