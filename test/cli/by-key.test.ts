import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileKekProvider, LOCAL_ACCOUNT, openStore } from '#core/store';
import { newFaceId, newReference } from '../../core/store/testing/made-up-faces.ts';
import { lintel, newInstallation, said, type Installation } from '../support/appliance.ts';

/** Two people, each in a collection of their own, under one key. */
const PEOPLE = { guests: newFaceId(), staff: newFaceId() };

let installation: Installation;

const run = (...args: string[]) => lintel(installation, ...args);

/** How many are enrolled in each collection. */
const enrolled = async (): Promise<unknown[]> =>
  await Promise.all(
    Object.keys(PEOPLE).map(async (name) => (await run('faces', '--collection', name)).answer['total']),
  );

beforeEach(async () => {
  installation = await newInstallation();
  const { data, keyFile } = installation;
  await mkdir(data, { mode: 0o700 });
  const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
  for (const [collectionId, faceId] of Object.entries(PEOPLE)) {
    await store.createCollection(LOCAL_ACCOUNT, collectionId);
    const references = [newReference()];
    await store.addFace(LOCAL_ACCOUNT, collectionId, { faceId, references, externalKey: 'E-1' });
  }
  await store.close();
});
afterEach(() => installation.remove());

it('names the collection that is not there', async () => {
  expect(await run('faces', '--collection', 'nowhere')).toMatchObject({
    answer: { error: { code: 'collection-not-found', message: expect.stringContaining('(nowhere; ') } },
  });
});

it.each([[['erase']], [['consent', 'withdraw']]])(
  'erases nobody by a key that several collections have: lintel %s',
  async (command) => {
    expect(await run(...command, '--key', 'E-1')).toMatchObject({
      status: 2,
      answer: {
        error: { code: 'usage', message: expect.stringMatching(/guests, staff\..*Nobody.*--collection/) },
      },
    });
    expect(await run(...command, '--face', PEOPLE.staff, '--collection', 'guests')).toMatchObject({
      answer: { error: { code: 'face-not-found' } },
    });
    expect(await enrolled()).toEqual([1, 1]);
  },
);

it('erases by key in the collection named, or in the only one that has it, and says whom', async () => {
  expect(await said(installation, 'erase', '--key', 'E-1', '--collection', 'guests')).toContain(
    `Erased ${PEOPLE.guests} (key E-1) of the collection guests.\n1 face(s) erased here`,
  );
  expect(await enrolled()).toEqual([0, 1]);
  expect(await run('erase', '--key', 'E-1')).toMatchObject({
    answer: { receipt: { faces: [{ collectionId: 'staff', faceId: PEOPLE.staff }] } },
  });
  expect(await run('erase', '--key', 'E-1')).toMatchObject({ answer: { error: { code: 'face-not-found' } } });
});

it.each([[['erase']], [['consent', 'withdraw']]])(
  'counts as erased who is gone already, and nobody else: lintel %s',
  async (command) => {
    const { guests, staff } = PEOPLE;
    await run('delete', '--face', guests, '--collection', 'guests');
    const ofGuest = { faces: [{ collectionId: 'guests', faceId: guests }] };
    expect(await run(...command, '--face', guests)).toMatchObject({
      status: 0,
      answer: { receipt: ofGuest, wasGone: true },
    });
    expect(await said(installation, ...command, '--face', guests)).toMatch(
      /^face_\w+ of the collection guests was gone already, since .* Receipt: /,
    );
    for (const wrong of [
      ['--face', guests, '--collection', 'staff'],
      ['--face', staff, '--collection', 'guests'],
      ['--face', newFaceId()],
    ]) {
      expect(await run(...command, ...wrong)).toMatchObject({
        status: 2,
        answer: { error: { code: 'face-not-found' } },
      });
    }
    expect(await run(...command, '--face', staff)).toMatchObject({ status: 0, answer: { wasGone: false } });
  },
);

it('keeps the receipt of several people beside a later one of the first alone', async () => {
  const { data, keyFile } = installation;
  const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
  const twin = newFaceId();
  await store.addFace(LOCAL_ACCOUNT, 'staff', { faceId: twin, references: [newReference()] });
  await store.setExternalKey(LOCAL_ACCOUNT, 'staff', twin, 'E-1', true);
  await store.close();
  const { answer } = await run('erase', '--key', 'E-1', '--collection', 'staff');
  const file = String(answer['file']);
  const before = await readFile(file, 'utf8');
  expect(answer).toMatchObject({ receipt: { faces: { length: 2 } } });
  for (const faceId of [PEOPLE.staff, twin])
    expect(await run('erase', '--face', faceId)).toMatchObject({ status: 0, answer: { wasGone: true } });
  expect(await readFile(file, 'utf8')).toBe(before);
});

it('writes out whom a key names, in the collection named, or in the one of the settings', async () => {
  const { data } = installation;
  const exported = async (name: string, ...words: string[]): Promise<unknown> => {
    const out = join(data, '..', name);
    expect(await run('export', '--key', 'E-1', ...words, '--out', out)).toMatchObject({ status: 0 });
    return JSON.parse(await readFile(join(out, 'person.json'), 'utf8'));
  };
  expect(await exported('a', '--collection', 'guests')).toMatchObject({ faceId: PEOPLE.guests });
  await writeFile(join(data, 'settings.json'), '{"collectionId":"staff"}', { mode: 0o600 });
  expect(await exported('b')).toMatchObject({ faceId: PEOPLE.staff });
});
