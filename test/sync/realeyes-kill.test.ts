import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { LOCAL_ACCOUNT } from '#core/store';
import { Replica } from '#core/sync';
import { PageServer, pictureOf } from './page-server.ts';
import { FOLDER, Machine, newFaceId, newReference } from './world.ts';

const PROCESS = fileURLToPath(new URL('./realeyes-process.ts', import.meta.url));
const PEOPLE = 60;
const KILLS = 10;

it(`a server has everybody once after ${KILLS} kills in the middle of an exchange`, async () => {
  const server = await PageServer.start();
  const folder = await mkdtemp(join(FOLDER, 'lintel-kill-'));
  const machine = await Machine.create(folder);
  const pictures = new Map<string, Buffer>();
  try {
    const { store } = machine;
    await new Replica(store).join();
    await store.createCollection(LOCAL_ACCOUNT, 'staff', 'Staff');
    for (let i = 0; i < PEOPLE; i++) {
      const faceId = newFaceId();
      const image = pictureOf(i + 1, faceId);
      const references = [{ ...newReference(), image }];
      await store.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references, externalKey: `k${i}` });
      pictures.set(`k${i}`, image);
    }
    await store.close();

    let kills = 0;
    for (let finished = false; !finished;) {
      const child = spawn(process.execPath, [PROCESS, folder, server.origin], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exit = once(child, 'exit');
      await Promise.race([once(child.stdout, 'data'), exit]);
      if (kills < KILLS) {
        await sleep(randomInt(40));
        if (child.kill('SIGKILL')) kills++;
      }
      const [status] = (await exit) as [number | null];
      finished = status === 0;
      expect([0, null]).toContain(status);
    }
    expect(kills).toBeGreaterThan(0);

    await machine.restart();
    expect(await new Replica(machine.store).countPending()).toBe(0);
    expect(await new Replica(machine.store).parked()).toEqual([]);
    const faces = [...server.collections.get('staff')!.faces.values()];
    expect(new Map(faces.map(({ key, picture }) => [key, picture]))).toEqual(pictures);
    expect(faces).toHaveLength(PEOPLE);
  } finally {
    await machine.store.close().catch(() => {});
    await server.stop();
    await rm(folder, { recursive: true });
  }
});
