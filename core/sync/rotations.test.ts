import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#contract';
import { Devices } from '#core/devices';
import { fileKekProvider, openStore } from '#core/store';
import { newFaceId } from '../store/testing/made-up-faces.ts';
import { Hub } from './hub.ts';

it('appliances of many accounts, each with models of its own, take no memory for them', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const dir = await mkdtemp(join(tmpdir(), 'lintel-recent-'));
  const store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  const hub = new Hub(store);
  const devices = new Devices(store);
  const secret = randomBytes(32);
  const dimension = 4096;
  const template = new Uint8Array(new Float32Array(dimension).fill(dimension ** -0.5).buffer);
  const createdAt = new Date().toISOString();
  /** With as many models as an account may bring. */
  const operation = (account: string) => ({
    number: 1,
    kind: 'face-added',
    body: {
      face: {
        collectionId: 'c',
        faceId: newFaceId(),
        externalKey: null,
        metadata: {},
        createdAt,
        references: [
          {
            uid: randomBytes(16).toString('hex'),
            quality: 1,
            source: 'api',
            createdAt,
            image: null,
            templates: Array.from({ length: 8 }, (_, i) => ({ modelId: `${account}-${i}`, template })),
          },
        ],
      },
    },
  });
  const replicaId = `rep_${'0'.repeat(32)}`;
  const push = async (from: number): Promise<void> => {
    for (let i = from; i < from + 5; i++) {
      const account = `account-${i}`;
      const { code } = await devices.invite(account);
      const publicKey = await store.audit.publicKey();
      const { deviceId } = await devices.pair({ code, name: 'Door', publicKey });
      const options = { secret, modelId: 'model', deviceId, rights: DEFAULT_POLICY };
      const pushed = await hub.push(account, { replicaId, operations: [operation(account)] }, options);
      expect(pushed).toMatchObject({ applied: 1, refused: [] });
    }
    collectGarbage();
  };
  try {
    await push(1);
    const before = process.memoryUsage().arrayBuffers;
    await push(6);
    // 40 rotations of 120 KB each, at both of the places that make them.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3e6);
  } finally {
    await store.close();
    await rm(dir, { recursive: true });
  }
});
