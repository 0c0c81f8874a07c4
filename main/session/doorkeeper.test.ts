import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Decision } from '#contract';
import { createAccessCodes } from '#core/gallery';
import { fileKeyProvider, LOCAL_ACCOUNT, openStore, type Store } from '#core/store';
import { createLockout } from '../lockout.ts';
import { createCodeDesk, createDoorkeeper, type Doorkeeper, type VisitRecord } from './index.ts';

const ADA = `face_${'a'.repeat(32)}`;
const WRONG = '00000000';

let dir: string;
let store: Store;
let time: number;
let records: VisitRecord[];
let pauses: number;
let doorkeeper: Doorkeeper;

const start = async (): Promise<void> => {
  store = await openStore({ dir, keyProvider: fileKeyProvider(join(dir, 'key')) });
  doorkeeper = createDoorkeeper({
    lockout: createLockout(store, 'kiosk.pause', () => time),
    recordVisit: (record) => void records.push(record),
    onPause: () => void (pauses += 1),
  });
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-doorkeeper-'));
  time = 1_700_000_000_000;
  records = [];
  pauses = 0;
  await start();
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const settle = async (outcome: Decision['outcome'], times = 1): Promise<void> => {
  const decision: Decision = { outcome, reasons: ['no-match'], hints: [], person: null };
  for (let i = 0; i < times; i++) {
    expect(await doorkeeper.settle(decision, { visitId: null, challenge: [], scores: null })).toBe(decision);
  }
};

describe('failures in a row', () => {
  it('pause the kiosk for 30 s at the fifth, and twice as long at each further one', async () => {
    await settle('denied', 4);
    await doorkeeper.admit();
    expect(pauses).toBe(0);
    await settle('denied');
    expect(pauses).toBe(1);
    expect(await doorkeeper.pausedFor()).toBe(30_000);
    await expect(doorkeeper.admit()).rejects.toMatchObject({ code: 'kiosk-paused' });
    time += 30_000;
    await doorkeeper.admit();
    await settle('denied');
    expect(await doorkeeper.pausedFor()).toBe(60_000);
    expect(records).toHaveLength(6);
  });

  it('end with a grant to somebody found online, which is recorded without their name', async () => {
    await settle('denied', 4);
    const decision: Decision = {
      outcome: 'granted',
      reasons: ['match-online'],
      hints: [],
      person: { faceId: null, name: 'Kim' },
    };
    const online = { code: 'found', remoteId: 'r-7' } as const;
    await doorkeeper.settle(decision, { visitId: null, challenge: [], scores: null, online });
    await settle('denied', 4);
    expect(pauses).toBe(0);
    expect(records[4]).toMatchObject({ outcome: 'granted', reasons: ['match-online'], faceId: null, online });
    expect(JSON.stringify(records)).not.toContain('Kim');
  });

  it('are forgotten after a grant, and not counted where nothing was decided', async () => {
    await settle('denied', 4);
    await settle('granted');
    await settle('denied', 4);
    await settle('undecided', 5);
    expect(await doorkeeper.pausedFor()).toBe(0);
  });

  it('still count after a restart', async () => {
    await settle('denied', 5);
    await store.close();
    await start();
    await expect(doorkeeper.admit()).rejects.toMatchObject({ code: 'kiosk-paused' });
  });
});

describe('a code', () => {
  const desk = async () => {
    await store.createCollection(LOCAL_ACCOUNT, 'c');
    const template = new Float32Array(512).fill(1);
    await store.addFace(LOCAL_ACCOUNT, 'c', {
      faceId: ADA,
      references: [{ modelId: 'm', template, quality: 1, source: 'file' }],
      metadata: { name: 'Ada' },
    });
    const codes = createAccessCodes(store);
    return { decideCode: createCodeDesk(codes, doorkeeper), code: await codes.give('c', ADA) };
  };

  it('grants whom it belongs to, and denies nobody by name', async () => {
    const { decideCode, code } = await desk();
    expect(await decideCode('c', code)).toEqual({
      outcome: 'granted',
      reasons: ['code'],
      hints: [],
      person: { faceId: ADA, name: 'Ada' },
    });
    expect(await decideCode('c', WRONG)).toEqual({
      outcome: 'denied',
      reasons: ['code-wrong'],
      hints: [],
      person: null,
    });
    expect(records.map(({ outcome, faceId }) => [outcome, faceId])).toEqual([
      ['granted', ADA],
      ['denied', null],
    ]);
    expect(JSON.stringify(records)).not.toContain(code);
  });

  it('is looked at five times, also when all guesses come at once', async () => {
    const { decideCode, code } = await desk();
    const guesses = await Promise.allSettled(Array.from({ length: 20 }, () => decideCode('c', WRONG)));
    expect(guesses.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    await expect(decideCode('c', code)).rejects.toMatchObject({ code: 'kiosk-paused' });
    time += 30_000;
    expect(await decideCode('c', code)).toMatchObject({ outcome: 'granted' });
  });
});
