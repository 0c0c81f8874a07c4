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

it('an appliance that names thousands of models takes no memory for them', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const dir = await mkdtemp(join(tmpdir(), 'lintel-recent-'));
  const store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  const hub = new Hub(store);
  const devices = new Devices(store);
  const { code } = await devices.invite('a');
  const { deviceId } = await devices.pair({ code, name: 'Door', publicKey: await store.audit.publicKey() });
  const options = { secret: randomBytes(32), modelId: 'model', deviceId, rights: DEFAULT_POLICY };
  const dimension = 4096;
  const template = new Uint8Array(new Float32Array(dimension).fill(dimension ** -0.5).buffer);
  const createdAt = new Date().toISOString();
  const operation = (number: number) => ({
    number,
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
            templates: Array.from({ length: 8 }, (_, i) => ({ modelId: `made-up-${number}-${i}`, template })),
          },
        ],
      },
    },
  });
  const replicaId = `rep_${'0'.repeat(32)}`;
  const push = async (from: number): Promise<number> => {
    const operations = Array.from({ length: 5 }, (_, i) => operation(from + i));
    const { applied } = await hub.push('a', { replicaId, operations }, options);
    collectGarbage();
    return applied;
  };
  try {
    await push(1);
    const before = process.memoryUsage().arrayBuffers;
    expect(await push(6)).toBe(10);
    // 40 rotations of 120 KB each, at both of the places that make them.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3e6);
  } finally {
    await store.close();
    await rm(dir, { recursive: true });
  }
});
