import { randomBytes } from 'node:crypto';
import { open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toErrorBody } from '#contract';
import { Gallery } from '#core/gallery';
import { createCalibration } from '#core/matching';
import { NETWORK_FAMILIES } from '#core/recognition';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore } from '#core/store';
import { madeUpTable } from '../../core/matching/testing/made-up-table.ts';
import { randomTemplate, seeded } from '../../core/matching/testing/random-templates.ts';
import { tinyNetwork } from '../../core/recognition/testing/onnx.ts';
import { addOwnNetwork, ownNetworks } from '../../main/networks/index.ts';
import { createLog } from '../../main/process/index.ts';
import { createRecorder } from '#core/upkeep';
import { mountSmallDisk } from '../support/small-disk.ts';

const MODEL = 'model-1';
const DIMENSION = 128;
const disk = mountSmallDisk();
afterAll(() => disk?.remove());

const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-6, 0.6],
  ]),
);

/** No key is part of another: erasing a person need not rewrite the file. */
const keyOf = (i: number): string => `key-${String(i).padStart(6, '0')}`;

/** Takes whatever room is left. @returns the error that ends it */
async function fillUp(file: string): Promise<unknown> {
  await using handle = await open(file, 'w');
  try {
    for (;;) await handle.write(Buffer.alloc(4096));
  } catch (error) {
    return error;
  }
}

describe.skipIf(disk === null)('on a full disk', () => {
  it('enrolment is refused early, everything else goes on, recognition to the last', async () => {
    const { folder } = disk!;
    const place = { dir: join(folder, 'data'), kekProvider: fileKekProvider(join(folder, 'key')) };
    const store = await openStore(place);
    const gallery = await Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });
    await gallery.createCollection('c');
    const random = seeded(2);
    const templates: Float32Array[] = [];
    const enrol = async (): Promise<void> => {
      const template = randomTemplate(DIMENSION, random);
      const image = randomBytes(100_000);
      await gallery.enrol('c', {
        references: [{ modelId: MODEL, template, quality: 1, source: 'camera', image }],
        externalKey: keyOf(templates.length),
      });
      templates.push(template);
    };
    const isKnown = async (i: number): Promise<boolean> =>
      (await gallery.identify('c', templates[i]!, { threshold: 90 })).match;

    const untilRefused = async (): Promise<unknown> => {
      for (;;) {
        try {
          await enrol();
        } catch (error) {
          return error;
        }
      }
    };
    expect(await untilRefused()).toMatchObject({ code: 'store-full' });
    expect(templates.length).toBeGreaterThan(20);
    expect(await gallery.count('c')).toBe(templates.length);
    expect(await isKnown(0)).toBe(true);
    // What is left is for this.
    await store.audit.append({ kind: 'signed-in' });
    await gallery.erase({ externalKey: keyOf(1), collectionId: 'c' });
    expect(await isKnown(1)).toBe(false);

    const filler = join(folder, 'filler');
    expect(await fillUp(filler)).toMatchObject({ code: 'ENOSPC' });
    expect(await isKnown(0)).toBe(true);
    const record = createRecorder(store.audit, createLog('silent'));
    // The log may have some room of its own left.
    for (let i = 0; i < 200; i++) await record({ kind: 'signed-in' });
    await expect(store.audit.append({ kind: 'signed-in' })).rejects.toMatchObject({ code: 'store-full' });
    expect(await isKnown(2)).toBe(true);
    expect(await gallery.count('c')).toBe(templates.length - 1);

    await rm(filler);
    await gallery.erase({ externalKey: keyOf(2), collectionId: 'c' });
    await record({ kind: 'signed-in' });
    const kinds = await Array.fromAsync(store.audit.lines(), (line) => /"kind":"([a-z-]+)"/.exec(line)![1]);
    expect(kinds).toContain('audit-gap');
    await store.close();
    const reopened = await openStore(place);
    expect(await reopened.listFaces(ME, 'c', { limit: 0 })).toMatchObject({ total: templates.length - 2 });
    await reopened.close();
  });

  it('a network is not added, and nothing of it stays', async () => {
    const { folder } = disk!;
    const data = join(folder, 'networks-data');
    const store = await openStore({ dir: data, kekProvider: fileKekProvider(join(folder, 'networks-key')) });
    const [filler, file] = [join(folder, 'filler'), join(folder, 'tiny.onnx')];
    await writeFile(file, tinyNetwork(32, 32));
    const spec = { ...NETWORK_FAMILIES.arcface, side: 32, dimension: 32 };
    const add = () => addOwnNetwork(store, data, { file, name: 'tiny', licence: 'for tests', spec });
    const left = async () => [
      await ownNetworks(store),
      await readdir(join(data, 'networks')).catch(() => []),
    ];

    expect(await fillUp(filler)).toMatchObject({ code: 'ENOSPC' });
    let refused = 0;
    for (;;) {
      const error = await add().then(() => null, toErrorBody);
      if (error === null) break;
      refused++;
      expect(error.code).toBe('store-full');
      expect(await left()).toEqual([[], []]);
      // A little more room each time: for the file, for what is noted, for the audit log.
      await truncate(filler, (await stat(filler)).size - 4096);
    }
    expect(refused).toBeGreaterThan(0);
    expect(await left()).toMatchObject([[{ name: 'tiny' }], [expect.any(String)]]);
    const changes = await Array.fromAsync(store.audit.lines(), (line) => line.includes('settings-changed'));
    expect(changes.filter(Boolean)).toHaveLength(1);
    await store.close();
  });
});
