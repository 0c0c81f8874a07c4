import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { LintelError } from '#contract';
import { LOCAL_ACCOUNT } from '#core/store';
import { Replica } from '#core/sync';
import { exchangeRealeyes, searchOnline } from '../../main/sync/index.ts';
import { openServer, portraits } from '../support/server.ts';
import { FOLDER, Machine, newFaceId, newReference } from './world.ts';

/** A line that loses the first answer to each request that indexes a face. */
async function badLine(to: string) {
  const seen = new Set<string>();
  let lost = 0;
  const line = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      const answer = await fetch(new URL(request.url ?? '/', to), {
        method: request.method ?? 'GET',
        headers: {
          authorization: request.headers.authorization ?? '',
          ...(body.length > 0 && { 'content-type': 'application/json' }),
        },
        ...(body.length > 0 && { body: new Uint8Array(body) }),
      });
      const text = await answer.text();
      const what = `${request.url} ${body.toString()}`;
      if (request.url?.includes('index') === true && !seen.has(what)) {
        seen.add(what);
        lost++;
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(text);
    })();
  });
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  return {
    origin: `http://127.0.0.1:${(line.address() as AddressInfo).port}`,
    lost: () => lost,
    close: () => {
      line.closeAllConnections();
      line.close();
    },
  };
}

it('our own server, over the Realeyes API alone, has everybody once', async () => {
  const server = await openServer();
  const line = await badLine(server.origin);
  const folder = await mkdtemp(join(FOLDER, 'lintel-real-'));
  const { store } = await Machine.create(folder);
  const { client, apiKey } = server;
  const collectionId = 'staff';
  const picturesOf = await portraits();
  const enrol = async (who: keyof typeof picturesOf): Promise<string> => {
    const faceId = newFaceId();
    const references = [{ ...newReference(), image: Buffer.from(picturesOf[who], 'base64') }];
    await store.addFace(LOCAL_ACCOUNT, collectionId, { faceId, references, externalKey: who });
    return faceId;
  };
  const sync = async (): Promise<void> => {
    await exchangeRealeyes({ store, origin: line.origin, apiKey, scope: null, patienceMs: 0 });
  };
  const syncOverBadLine = async (): Promise<void> => {
    for (let left = 20; left > 0; left--) {
      try {
        await sync();
        return;
      } catch (error) {
        if (!(error instanceof LintelError) || error.code !== 'server-unreachable') throw error;
      }
    }
    throw new Error('The exchange never came to its end.');
  };
  const find = (who: keyof typeof picturesOf) =>
    client.searchFace({ collectionId, image: { bytes: picturesOf[who] } });
  try {
    await new Replica(store).join();
    await store.createCollection(LOCAL_ACCOUNT, collectionId, 'Staff');
    await syncOverBadLine();
    const robin = await enrol('robin');
    const sasha = await enrol('sasha');
    await syncOverBadLine();
    expect(line.lost()).toBeGreaterThanOrEqual(2);
    expect(await new Replica(store).parked()).toEqual([]);
    for (const who of ['robin', 'sasha'] as const) {
      const found = await find(who);
      expect(found.externalKey).toBe(who);
      expect((await client.getFaceIds({ collectionId, externalKey: who })).faceIds).toEqual([found.faceId]);
    }

    const image = Buffer.from(picturesOf.robinAgain, 'base64');
    const search = { store, client, collectionId, image, faceMatchThreshold: 80 };
    expect(await searchOnline(search)).toMatchObject({ faceId: robin, externalKey: 'robin' });

    // Who is erased while the answer is missing goes from the server too.
    const kim = await enrol('kim');
    await expect(sync()).rejects.toMatchObject({ code: 'server-unreachable' });
    expect((await find('kim')).faceId).not.toBeNull();
    await expect(store.erase(LOCAL_ACCOUNT, { faceId: kim })).rejects.toMatchObject({
      code: 'erasure-unconfirmed',
    });
    await syncOverBadLine();
    expect((await find('kim')).faceId).toBeNull();
    await store.receipt(LOCAL_ACCOUNT, kim);

    // Had one been there twice, another would be found now.
    for (const faceId of [robin, sasha]) await store.deleteFace(LOCAL_ACCOUNT, collectionId, faceId);
    await syncOverBadLine();
    expect((await find('robin')).faceId).toBeNull();
    expect((await find('sasha')).faceId).toBeNull();
  } finally {
    line.close();
    await store.close();
    await server.remove();
    await rm(folder, { recursive: true });
  }
});
