import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { LintelError, type ErrorCode } from '#contract';
import { fileKekProvider, LOCAL_ACCOUNT, openStore, type SqlStore } from '#core/store';
import { createLog } from '../../../main/process/index.ts';
import { joinServer, membershipOf, startSync } from '../../../main/sync/index.ts';
import { Orders, type Said } from './messages.ts';
import { COLLECTION, faceIdOf, isDeletedAgain, personOf } from './people.ts';

/** An appliance without screen and recognizer: enrols made-up people and keeps in step with its server. */
const orders = Orders.parse(JSON.parse(process.argv[2] ?? ''));
const { data, keyFile, origin, code, modelId, people, pauseMs } = orders;
// A pipe takes each line before the call returns: what was said was done, whatever comes after.
const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
if ((await membershipOf(store)) === null) await joinServer(store, { origin }, code, 'door', true);
const service = startSync({
  store,
  modelId: () => modelId,
  version: 'test',
  overMetered: () => true,
  dropSentImages: () => false,
  log: createLog('silent'),
});
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
let enrolled = 0;
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
const enrolling = enrol(store);
while (!ending.signal.aborted) {
  // An operator who does not wait for the next try.
  if (orders.isEager) await service.now();
  const { queue, error } = await service.status();
  const heldUp = { p99: loop.percentile(99) / 1e6, most: loop.max / 1e6 };
  say({ whole: error === null, queue, enrolled, heldUp });
  await sleep(200);
}
await enrolling;
await service.close();
await store.close();

async function enrol(store: SqlStore): Promise<void> {
  await store.createCollection(LOCAL_ACCOUNT, COLLECTION).catch(unless('collection-exists'));
  for (let i = 0; i < people && !ending.signal.aborted; i++) {
    const name = `${orders.prefix}-${i}`;
    const faceId = faceIdOf(name);
    const pictureBytes = i === people - 1 ? orders.pictureBytes : 0;
    const known = await store.getFace(LOCAL_ACCOUNT, COLLECTION, faceId).catch(() => null);
    if (known === null) {
      await store
        .addFace(LOCAL_ACCOUNT, COLLECTION, personOf(name, modelId, orders.dimension, pictureBytes))
        .then(() => sleep(pauseMs))
        // It was deleted again before this process was killed.
        .catch(unless('face-erased'));
    }
    if (isDeletedAgain(i)) await store.deleteFace(LOCAL_ACCOUNT, COLLECTION, faceId);
    enrolled = i + 1;
  }
}

function unless(code: ErrorCode) {
  return (error: unknown): void => {
    if (!(error instanceof LintelError) || error.code !== code) throw error;
  };
}
