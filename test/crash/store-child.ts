import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { createBackup } from '#core/backup';
import {
  fileKekProvider,
  LOCAL_ACCOUNT as ME,
  openStore,
  rotateDataKey,
  rotateKeyEncryptionKey,
} from '#core/store';
import { openPostgresStore } from '#core/store/postgres';
import { seeded } from '../../core/matching/testing/random-templates.ts';
import { COLLECTION, referencesOf, type Message, type Operation } from './store-operations.ts';

/**
 * Changes a store at random until it is killed. Arguments: folder with the data folders `data` and `old` (of an earlier
 * schema) and the key `key`, a seed, and the address of the database where the store is in one. Begins when told to on
 * standard input.
 */
const [folder = '', seed = '0', database] = process.argv.slice(2);
// A pipe takes each line before the call returns: what was said was done, whatever comes after.
const say = (message: Message): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
const random = seeded(Number(seed));
const pick = (count: number): number => Math.floor(random() * count);
const kekProvider = fileKekProvider(join(folder, 'key'));
const place = { dir: join(folder, 'data'), kekProvider };
const MOST_FACES = 40;

// A process that is killed does not do this at its end, and the next one would compile all files again.
flushCompileCache();
say({ when: 'ready' });
await once(process.stdin, 'data');

let store = await (database === undefined
  ? openStore(place)
  : openPostgresStore({ url: database, kekProvider }));

async function next(): Promise<Operation> {
  const { faces } = await store.listFaces(ME, COLLECTION);
  const face = faces[pick(faces.length)];
  // The last ones are of files.
  const kinds = database === undefined ? 24 : 19;
  const dice = faces.length > MOST_FACES ? 10 + pick(kinds === 24 ? 10 : 9) : pick(kinds);
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

const OPERATIONS: { [K in Operation['op']]: (operation: Extract<Operation, { op: K }>) => Promise<unknown> } =
  {
    enrol: ({ faceId, externalKey, references }) =>
      store.addFace(ME, COLLECTION, { faceId, externalKey, references: referencesOf(faceId, 0, references) }),
    'add-references': async ({ faceId, references }) => {
      const { referenceCount } = await store.getFace(ME, COLLECTION, faceId);
      const added = referencesOf(faceId, referenceCount, referenceCount + references);
      return await store.addReferences(ME, COLLECTION, faceId, added);
    },
    'set-key': ({ faceId, externalKey }) => store.setExternalKey(ME, COLLECTION, faceId, externalKey, false),
    delete: ({ faceId }) => store.deleteFace(ME, COLLECTION, faceId),
    erase: ({ faceId }) => store.erase(ME, { faceId }),
    migrate: async () => await (await openStore({ dir: join(folder, 'old'), kekProvider })).close(),
    backup: ({ file }) => createBackup(place, join(folder, file), { actor: 'command-line' }),
    'renew-templates': () => store.renewProtection(),
    'rotate-data-key': async () => {
      await store.close();
      await rotateDataKey(place, 'command-line');
      store = await openStore(place);
    },
    'wrap-data-key': () => rotateKeyEncryptionKey(place, kekProvider, 'command-line'),
  };

/** Which function belongs to which operation was checked where they are listed. */
const carryOut = async (operation: Operation): Promise<unknown> =>
  await (OPERATIONS[operation.op] as (operation: Operation) => Promise<unknown>)(operation);

for (;;) {
  const operation = await next();
  say({ when: 'before', operation });
  await carryOut(operation);
  say({ when: 'after' });
}
