import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '#client';
import { LintelError } from '#contract';
import { createBackup, restoreBackup } from '#core/backup';
import { fileKekProvider, LOCAL_ACCOUNT } from '#core/store';
import { Replica } from '#core/sync';
import { discover, exchangeRealeyes, retryAfter, searchOnline } from '../../main/sync/index.ts';
import { API_KEY, PageServer, pictureOf, type Fate } from './page-server.ts';
import { ACCOUNT, FOLDER, Machine, newFaceId, newReference, World } from './world.ts';

let folder: string;
let server: PageServer;
let machine: Machine;
beforeEach(async () => {
  folder = await mkdtemp(join(FOLDER, 'lintel-page-'));
  server = await PageServer.start();
  machine = await Machine.create(join(folder, 'device'));
  await new Replica(machine.store).join();
  await machine.store.createCollection(LOCAL_ACCOUNT, 'staff', 'Staff');
  await sync();
});
afterEach(async () => {
  await machine.store.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** @returns the code of what ended the exchange early, or null */
async function sync(patienceMs = 0, apiKey = API_KEY): Promise<string | null> {
  const { store } = machine;
  try {
    await exchangeRealeyes({ store, origin: server.origin, apiKey, scope: null, patienceMs });
    return null;
  } catch (error) {
    if (error instanceof LintelError) return error.code;
    throw error;
  }
}

async function enrol(person: number, externalKey: string | null = null): Promise<string> {
  const faceId = newFaceId();
  const references = [{ ...newReference(), image: pictureOf(person, faceId) }];
  await machine.store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references, externalKey });
  return faceId;
}

/** Fates of the next requests that change or search faces; all others go well. */
function fates(...list: Fate[]): void {
  let skipped = false;
  server.fate = () => {
    // The first request of an exchange asks for the collections.
    if (!skipped) {
      skipped = true;
      return 'well';
    }
    return list.shift() ?? 'well';
  };
}

const remoteFaces = (collectionId = 'staff') => [...server.collections.get(collectionId)!.faces.values()];
const parkedCodes = async () => (await new Replica(machine.store).parked()).map(({ code }) => code);

describe('a face whose answer was lost', () => {
  it.each<Fate>(['lose-answer', 'lose-request'])('is there once after %s', async (fate) => {
    await enrol(1, 'k');
    fates(fate);
    expect(await sync()).toBe('server-unreachable');
    expect(remoteFaces()).toHaveLength(fate === 'lose-answer' ? 1 : 0);
    expect(await sync()).toBeNull();
    expect(remoteFaces()).toMatchObject([{ key: 'k' }]);
    expect(server.done).toContain('/v1/face/search-or-index');
  });

  it('is there once when the server carries the request out late', async () => {
    await enrol(1);
    fates('late');
    expect(await sync()).toBe('server-unreachable');
    expect(remoteFaces()).toHaveLength(0);
    expect(await sync(1000)).toBeNull();
    await expect.poll(() => server.done).toContain('/v1/face/index');
    expect(remoteFaces()).toHaveLength(1);
  });

  it('is not taken for another person who looks as much alike', async () => {
    const twin = await enrol(1, 'twin');
    await sync();
    const faceId = await enrol(1, 'k');
    fates('lose-request');
    expect(await sync()).toBe('server-unreachable');
    expect(await sync()).toBeNull();
    expect(remoteFaces().map(({ key }) => key)).toEqual(['twin', 'k']);
    await machine.store.deleteFace(LOCAL_ACCOUNT, 'staff', twin);
    await sync();
    expect(remoteFaces()).toMatchObject([{ key: 'k' }]);
    expect((await new Replica(machine.store).realeyes.remoteFace(faceId))?.remoteId).toBe(
      remoteFaces()[0]!.faceId,
    );
  });

  it('is not taken for that of a person alike who was erased before the answer', async () => {
    const gone = await enrol(1);
    fates('lose-answer');
    expect(await sync()).toBe('server-unreachable');
    const faceId = await enrol(1);
    await machine.store.deleteFace(LOCAL_ACCOUNT, 'staff', gone);
    fates('well', 'lose-request');
    expect(await sync()).toBe('server-unreachable');
    expect(await sync()).toBeNull();
    expect(remoteFaces()).toMatchObject([{ picture: pictureOf(1, faceId) }]);
  });

  it.each<Fate>(['lose-answer', 'lose-request'])(
    'goes there too when it is erased after %s',
    async (fate) => {
      const faceId = await enrol(1);
      fates(fate);
      expect(await sync()).toBe('server-unreachable');
      const { store } = machine;
      await expect(store.erase(LOCAL_ACCOUNT, { faceId })).rejects.toMatchObject({
        code: 'erasure-unconfirmed',
      });
      await expect(store.receipt(LOCAL_ACCOUNT, faceId)).rejects.toMatchObject({
        code: 'erasure-unconfirmed',
      });
      await machine.restart();
      expect(await sync()).toBeNull();
      expect(remoteFaces()).toEqual([]);
      expect(await new Replica(machine.store).realeyes.remoteFace(faceId)).toBeNull();
      expect(await machine.store.receipt(LOCAL_ACCOUNT, faceId)).toMatchObject({ faces: [{ faceId }] });
      // No face that was erased is indexed again to be found.
      expect(server.done.filter((path) => path.endsWith('/search-or-index'))).toEqual([]);
    },
  );
});

describe('what a server refuses', () => {
  it('does not hold up what follows', async () => {
    await machine.store.addFace(LOCAL_ACCOUNT, 'staff', {
      faceId: newFaceId(),
      references: [newReference()],
    });
    await enrol(0);
    await enrol(1);
    expect(await sync()).toBeNull();
    expect(await parkedCodes()).toEqual(['picture-missing', 'no-face']);
    expect(remoteFaces()).toHaveLength(1);
    expect(await new Replica(machine.store).countPending()).toBe(0);
  });

  it('is sent once more when an operator says so', async () => {
    const collectionId = 'staff';
    const image = { bytes: pictureOf(2, 'elsewhere').toString('base64') };
    const { faceId } = server.ask('POST /v1/face/index', { collectionId, image }) as { faceId: string };
    server.ask('PUT /v1/external-key/set', { collectionId, faceId, externalKey: 'k' });
    const mine = await enrol(1, 'k');
    expect(await sync()).toBeNull();
    expect(await parkedCodes()).toEqual(['external-key-in-use']);
    expect(remoteFaces().map(({ key }) => key)).toEqual(['k', null]);
    server.ask('DELETE /v1/external-key/delete', { collectionId, externalKey: 'k' });
    await new Replica(machine.store).retryParked();
    expect(await sync()).toBeNull();
    expect(await parkedCodes()).toEqual([]);
    expect((await new Replica(machine.store).realeyes.remoteFace(mine))?.remoteId).toBe(
      remoteFaces()[1]!.faceId,
    );
    expect(remoteFaces().map(({ key }) => key)).toEqual([null, 'k']);
  });

  it('is not forgotten where it is a deletion', async () => {
    const faceId = await enrol(1);
    await sync();
    await machine.store.deleteFace(LOCAL_ACCOUNT, 'staff', faceId);
    fates('refuse');
    expect(await sync()).toBeNull();
    expect(await parkedCodes()).toEqual(['server-refused']);
    await new Replica(machine.store).retryParked();
    server.fate = () => 'well';
    expect(await sync()).toBeNull();
    expect(await parkedCodes()).toEqual([]);
    expect(remoteFaces()).toEqual([]);
  });

  it('waits when the server does not take the key of the appliance, or is too busy', async () => {
    await enrol(1);
    expect(await sync(0, 'another-key')).toBe('unauthenticated');
    fates('too-many');
    const { store } = machine;
    const error: unknown = await exchangeRealeyes({
      store,
      origin: server.origin,
      apiKey: API_KEY,
      scope: null,
    }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'server-unreachable' });
    expect(retryAfter(error)).toBe(7);
    expect(await new Replica(store).countPending()).toBe(1);
    expect(await parkedCodes()).toEqual([]);
  });
});

describe('the keys', () => {
  it('move from a person who lost theirs and was deleted before the server heard of it', async () => {
    const { store } = machine;
    const first = await enrol(1, 'k');
    await sync();
    await store.removeExternalKey(LOCAL_ACCOUNT, 'staff', 'k', first);
    await enrol(2, 'k');
    await store.deleteFace(LOCAL_ACCOUNT, 'staff', first);
    expect(await sync()).toBeNull();
    expect(await parkedCodes()).toEqual([]);
    expect(remoteFaces()).toMatchObject([{ key: 'k' }]);
  });
});

describe('collections', () => {
  it('of the server are here, described as there', async () => {
    server.ask('POST /v1/collection/create', { collectionId: 'guests', description: 'Guests' });
    server.ask('PUT /v1/collection/update', { collectionId: 'staff', description: 'There' });
    await sync();
    expect(await machine.store.listCollections(LOCAL_ACCOUNT)).toMatchObject([
      { collectionId: 'guests', description: 'Guests' },
      { collectionId: 'staff', description: 'There' },
    ]);
    server.ask('PUT /v1/collection/update', { collectionId: 'staff', description: 'There again' });
    await machine.store.updateCollection(LOCAL_ACCOUNT, 'staff', 'Here');
    await sync();
    expect(server.collections.get('staff')!.description).toBe('Here');
  });

  it('that a client deleted there come back with the next person', async () => {
    server.ask('DELETE /v1/collection/delete', { collectionId: 'staff' });
    await enrol(1, 'k');
    expect(await sync()).toBeNull();
    expect(server.collections.get('staff')!.description).toBe('Staff');
    expect(remoteFaces()).toMatchObject([{ key: 'k' }]);
  });
});

describe('starting again', () => {
  it('with the same server makes no face twice', async () => {
    await enrol(1, 'a');
    await enrol(1, 'b');
    await sync();
    const before = remoteFaces();
    await new Replica(machine.store).leave();
    await new Replica(machine.store).join();
    expect(await sync()).toBeNull();
    expect(remoteFaces()).toEqual(before);
  });

  it('after a store was restored makes no face twice', async () => {
    await enrol(1, 'a');
    await enrol(2);
    await machine.store.close();
    const kekProvider = fileKekProvider(join(machine.dir, 'key'));
    const place = { dir: machine.dir, kekProvider };
    const backup = join(folder, 'backup');
    await createBackup(place, backup, { actor: 'command-line' });
    await machine.restart();
    await sync();
    const before = remoteFaces();
    expect(before).toHaveLength(2);
    await machine.store.close();
    await restoreBackup(backup, place, { actor: 'command-line', unseal: kekProvider, replace: true });
    await machine.restart();
    expect(await sync()).toBeNull();
    expect(remoteFaces()).toEqual(before);
  });

  it('with another server tells it everything', async () => {
    await enrol(1, 'a');
    await sync();
    const other = await PageServer.start();
    try {
      const { store } = machine;
      await new Replica(store).join();
      await exchangeRealeyes({ store, origin: other.origin, apiKey: API_KEY, scope: null });
      expect([...other.collections.get('staff')!.faces.values()]).toMatchObject([{ key: 'a' }]);
    } finally {
      await other.stop();
    }
  });
});

describe('searching online', () => {
  it('tells who it is, here or elsewhere, and no person who was deleted here', async () => {
    const { store } = machine;
    const client = createClient({ origin: server.origin, apiKey: API_KEY });
    const search = (person: number) =>
      searchOnline({
        store,
        client,
        collectionId: 'staff',
        image: pictureOf(person, 'probe'),
        faceMatchThreshold: 90,
      });
    const mine = await enrol(1, 'k');
    await sync();
    const image = { bytes: pictureOf(2, 'elsewhere').toString('base64') };
    const there = server.ask('POST /v1/face/index', { collectionId: 'staff', image }) as { faceId: string };
    expect(await search(1)).toMatchObject({ faceId: mine, externalKey: 'k' });
    expect(await search(2)).toEqual({
      faceId: null,
      name: null,
      remoteId: there.faceId,
      externalKey: null,
    });
    expect(await search(3)).toBeNull();
    await store.deleteFace(LOCAL_ACCOUNT, 'staff', mine);
    expect(await search(1)).toBeNull();
    // Neither is it who was deleted before the server had told its id.
    await sync();
    const lost = await enrol(4);
    fates('lose-answer');
    expect(await sync()).toBe('server-unreachable');
    expect(await search(4)).toMatchObject({ faceId: null });
    await store.deleteFace(LOCAL_ACCOUNT, 'staff', lost);
    expect(await search(4)).toBeNull();
    remoteFaces().at(-1)!.key = 'not a key';
    await new Replica(store).realeyes.absent(lost);
    await expect(search(4)).rejects.toMatchObject({ code: 'server-unreachable' });
    server.fate = () => 'refuse';
    await expect(search(1)).rejects.toMatchObject({ code: 'server-refused' });
  });
});

describe('what a server offers', () => {
  const refusal = async (origin: string, apiKey: string | null): Promise<unknown> =>
    await discover({ origin }, apiKey).then(
      ({ mode }) => mode,
      (error: unknown) => (error instanceof LintelError ? error.code : error),
    );

  it('is found out by asking', async () => {
    expect(await refusal(server.origin, API_KEY)).toBe('realeyes');
    expect(await refusal(server.origin, 'another-key')).toBe('unauthenticated');
    expect(await refusal(server.origin, null)).toBe('unauthenticated');
    server.fate = () => 'fail';
    expect(await refusal(server.origin, API_KEY)).toBe('server-unreachable');
    expect(await refusal('http://127.0.0.1:1', API_KEY)).toBe('server-unreachable');
  });

  it('is the feed where the server is one of ours, and nothing where it is none', async () => {
    const world = await World.create(0);
    try {
      await world.server.store.createCollection(ACCOUNT, 'staff');
      const origin = await world.app.listen({ port: 0, host: '127.0.0.1' });
      expect(await refusal(origin, null)).toBe('feed');
    } finally {
      await world.close();
    }
    const { createServer } = await import('node:http');
    const other = createServer((_request, response) => void response.end('<html>Welcome</html>'));
    const listening = Promise.withResolvers<void>();
    other.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    const { port } = other.address() as { port: number };
    expect(await refusal(`http://127.0.0.1:${port}`, API_KEY)).toBe('server-unsuitable');
    other.close();
  });
});
