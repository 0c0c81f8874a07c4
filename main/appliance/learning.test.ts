import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#contract';
import type { Picture } from '#core/liveness';
import type { SqlStore } from '#core/store';
import { temporaryStore, type TemporaryStore } from '../../core/store/testing/temporary-store.ts';
import { newTemplate } from '../../core/store/testing/made-up-faces.ts';
import { createLog } from '../process/index.ts';
import { writeRow } from '../secrets/index.ts';
import { openSettings } from '../settings/index.ts';
import type { Engine } from './engine.ts';
import { createLearning } from './learning.ts';

let place: TemporaryStore;
let store: SqlStore;

beforeEach(async () => {
  place = await temporaryStore();
  ({ store } = place);
});
afterEach(() => place.remove());

const joinedWith = async (mayEnrol: boolean): Promise<void> =>
  writeRow(store, 'sync.server', {
    mode: 'feed',
    origin: 'https://server',
    deviceId: `dev_${'1'.repeat(32)}`,
    deviceKey: 'key',
    templateSecret: '',
    serverKey: await store.audit.publicKey(),
    policy: { ...DEFAULT_POLICY, mayEnrol },
    revoked: false,
  });

/** How often the gallery is asked after a visit. */
async function learned(): Promise<number> {
  const settings = await openSettings(join(place.dir, 'settings.json'));
  await settings.update({ learnFromVisits: true });
  let asked = 0;
  const serve = async (): Promise<never> => {
    asked++;
    throw new Error('The gallery is not here.');
  };
  const learning = createLearning({ serve, store } as unknown as Engine, settings, createLog('silent'));
  const face = { template: newTemplate(8) };
  learning.learn('face_1', { modelId: 'model', analysis: { face } } as Picture);
  await learning.close();
  return asked;
}

it('an appliance whose server lets it enrol no person learns from no visit', async () => {
  expect(await learned()).toBe(1);
  await joinedWith(true);
  expect(await learned()).toBe(1);
  await joinedWith(false);
  expect(await learned()).toBe(0);
});
