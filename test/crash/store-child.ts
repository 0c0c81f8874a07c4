import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import {
  createBackup,
  fileKeyProvider,
  LOCAL_ACCOUNT as ME,
  openStore,
  rotateDataKey,
  rotateKeyEncryptionKey,
} from '#core/store';
import { seeded } from '../../core/matching/random-templates.ts';
import { COLLECTION, referencesOf, type Message, type Operation } from './store-operations.ts';

/**
 * Changes a store at random until it is killed. Arguments: folder with the data folders `data` and `old` (of an earlier
 * schema) and the key `key`, and a seed. Begins when told to on standard input.
 */
const [folder = '', seed = '0'] = process.argv.slice(2);
// A pipe takes each line before the call returns: what was said was done, whatever comes after.
const say = (message: Message): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const random = seeded(Number(seed));
const pick = (count: number): number => Math.floor(random() * count);
const keyProvider = fileKeyProvider(join(folder, 'key'));
const place = { dir: join(folder, 'data'), keyProvider };
const MOST_FACES = 40;

say({ when: 'ready' });
await once(process.stdin, 'data');

let store = await openStore(place);

async function next(): Promise<Operation> {
  const { faces } = await store.listFaces(ME, COLLECTION);
  const face = faces[pick(faces.length)];
  const dice = faces.length > MOST_FACES ? 10 + pick(10) : pick(24);
  if (face === undefined || dice < 9) {
    const faceId = `face_${randomBytes(16).toString('hex')}`;
    const externalKey = pick(2) === 0 ? null : `key-${randomBytes(6).toString('hex')}`;
    return { op: 'enrol', faceId, externalKey, references: 1 + pick(3) };
  }
  const { faceId, referenceCount } = face;
  if (dice < 11 && referenceCount < 10) return { op: 'add-references', faceId, references: 1 };
  if (dice < 13) return { op: 'set-key', faceId, externalKey: `key-${randomBytes(6).toString('hex')}` };
  if (dice < 16) return { op: 'delete', faceId };
  if (dice < 19) return { op: 'erase', faceId };
  if (dice === 19) return { op: 'migrate' };
  if (dice === 20) return { op: 'backup', file: `${randomBytes(8).toString('hex')}.backup` };
  if (dice === 21) return { op: 'renew-templates' };
  return dice === 22 ? { op: 'rotate-data-key' } : { op: 'wrap-data-key' };
}

async function carryOut(operation: Operation): Promise<unknown> {
  switch (operation.op) {
    case 'enrol': {
      const { faceId, externalKey, references } = operation;
      const face = { faceId, externalKey, references: referencesOf(faceId, 0, references) };
      return await store.addFace(ME, COLLECTION, face);
    }
    case 'add-references': {
      const { faceId, references } = operation;
      const { referenceCount } = await store.getFace(ME, COLLECTION, faceId);
      const added = referencesOf(faceId, referenceCount, referenceCount + references);
      return await store.addReferences(ME, COLLECTION, faceId, added);
    }
    case 'set-key':
      return await store.setExternalKey(ME, COLLECTION, operation.faceId, operation.externalKey, false);
    case 'delete':
      return await store.deleteFace(ME, COLLECTION, operation.faceId);
    case 'erase':
      return await store.erase(ME, { faceId: operation.faceId });
    case 'migrate':
      return await (await openStore({ dir: join(folder, 'old'), keyProvider })).close();
    case 'backup':
      return await createBackup(place, join(folder, operation.file), { actor: 'command-line' });
    case 'renew-templates':
      return await store.renewProtection();
    case 'rotate-data-key':
      await store.close();
      await rotateDataKey(place, 'command-line');
      return (store = await openStore(place));
    case 'wrap-data-key':
      return await rotateKeyEncryptionKey(place, keyProvider, 'command-line');
  }
}

for (;;) {
  const operation = await next();
  say({ when: 'before', operation });
  await carryOut(operation);
  say({ when: 'after' });
}
