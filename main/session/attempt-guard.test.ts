import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LintelError, type Decision, type ErrorCode } from '#contract';
import { createAccessCodes } from '#core/gallery';
import { fileKekProvider, LOCAL_ACCOUNT, openStore, type Store } from '#core/store';
import { createLockout } from '../lockout/index.ts';
import type { Rows } from '../secrets/index.ts';
import {
  createCodeDesk,
  createAttemptGuard,
  ATTEMPT_RULES,
  type Admit,
  type AttemptGuard,
  type VisitListener,
  type VisitRecord,
} from './index.ts';
import { LISTENERS_MS } from './attempt-guard.ts';

const ADA = `face_${'a'.repeat(32)}`;
const WRONG = '00000000';
const VISIT_DAY = { from: '2026-01-01T08:00:00Z', until: '2026-01-01T18:00:00Z' };
const NOOR = { name: 'Noor', host: null, hostEmail: null, signedInAt: null, signedOutAt: null, ...VISIT_DAY };

let dir: string;
let store: Store;
let time: number;
let records: VisitRecord[];
let pauses: number;
let admit: Admit;
/** What the disk says to changes; null: it takes them. */
let refusal: ErrorCode | null;
let listeners: VisitListener[];
let logged: string[];
const log = pino({}, { write: (line) => void logged.push(line) });
let guard: AttemptGuard;

const start = async (): Promise<void> => {
  store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  const written = <T>(write: () => Promise<T>): Promise<T> =>
    refusal === null ? write() : Promise.reject(new LintelError(refusal));
  const rows: Rows = {
    getSecret: (name) => store.getSecret(name),
    setSecret: (...row) => written(() => store.setSecret(...row)),
    changeSecret: (...row) => written(() => store.changeSecret(...row)),
  };
  const lockoutOf = (what: keyof typeof ATTEMPT_RULES) =>
    createLockout(rows, what, () => time, ATTEMPT_RULES[what]);
  guard = createAttemptGuard({
    lockouts: {
      liveness: lockoutOf('liveness'),
      unsure: lockoutOf('unsure'),
      codes: lockoutOf('codes'),
      slowCodes: lockoutOf('slowCodes'),
    },
    now: () => time,
    admit: (decision, level) => admit(decision, level),
    onDecided: [...listeners, (record) => void records.push(record)],
    onPaused: () => void (pauses += 1),
    log,
  });
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-attempts-'));
  time = 1_700_000_000_000;
  records = [];
  pauses = 0;
  admit = async (decision) => ({ decision, detail: null });
  refusal = null;
  listeners = [];
  logged = [];
  await start();
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

const VISIT = { visitId: null, level: 'steps', challenge: [], scores: null } as const;

/** A visit that ends so; live: of a person, known or not. */
const settle = async (outcome: Decision['outcome'], live: boolean, times = 1): Promise<void> => {
  const decision: Decision = { outcome, reasons: ['no-match'], hints: [], person: null };
  for (let i = 0; i < times; i++) {
    expect(await guard.settleVisit(decision, live, VISIT)).toBe(decision);
  }
};

describe('visits in which no person is live', () => {
  it('pause the kiosk for 30 s at the fifth in a row, and twice as long at each further one', async () => {
    await settle('denied', false, 4);
    await guard.admit('face');
    expect(pauses).toBe(0);
    await settle('denied', false);
    expect(pauses).toBe(1);
    expect(await guard.pausedFor()).toBe(30_000);
    await expect(guard.admit('face')).rejects.toMatchObject({ code: 'kiosk-paused' });
    time += 30_000;
    await guard.admit('face');
    await settle('denied', false);
    expect(await guard.pausedFor()).toBe(60_000);
    expect(records).toHaveLength(6);
  });

  it('are looked at five times, also when all come at once', async () => {
    let looks = 0;
    const visits = Array.from({ length: 20 }, () =>
      guard.attempt('face', async () => {
        looks += 1;
        await settle('denied', false);
      }),
    );
    const results = await Promise.allSettled(visits);
    expect(looks).toBe(5);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(15);
  });

  it('are a hundred in a row at most: then no face is looked at until an operator has signed in', async () => {
    await settle('denied', false, 99);
    time += 15 * 60_000;
    await guard.admit('face');
    await settle('denied', false);
    time += 365 * 24 * 3_600_000;
    await expect(guard.admit('face')).rejects.toMatchObject({ code: 'kiosk-locked' });
    expect(await guard.pausedFor()).toBe(Infinity);
    await guard.admit('code');
    await guard.forgive();
    await guard.admit('face');
  });

  it.each([
    ['are forgotten after a grant', 'granted', 4, 0],
    ['are not forgotten for a live stranger among them', 'denied', 1, 30_000],
  ] as const)('%s', async (_, among, then, pause) => {
    await settle('denied', false, 4);
    await settle(among, true);
    await settle('denied', false, then);
    expect(await guard.pausedFor()).toBe(pause);
  });

  it('still count after a restart', async () => {
    await settle('denied', false, 5);
    await store.close();
    await start();
    await expect(guard.admit('face')).rejects.toMatchObject({ code: 'kiosk-paused' });
  });
});

describe('a disk that takes nothing any more', () => {
  const collection = 'visitors';
  const codes = () => createCodeDesk({ personOf: async () => null }, guard);

  it('ends no grant, though there is something to forget', async () => {
    await settle('denied', false);
    await settle('undecided', false);
    refusal = 'store-read-only';
    await settle('granted', true);
    expect(records).toMatchObject([{}, {}, { outcome: 'granted' }]);
    expect(await guard.failures()).toBe(0);
  });

  it('ends no limit: the fifth failure in a row pauses, of faces and of codes', async () => {
    refusal = 'store-full';
    await settle('denied', false, 5);
    await expect(guard.admit('face')).rejects.toMatchObject({ code: 'kiosk-paused' });
    for (let i = 0; i < 5; i++) {
      expect(await codes()(collection, WRONG)).toMatchObject({ outcome: 'denied' });
    }
    await expect(codes()(collection, WRONG)).rejects.toMatchObject({ code: 'kiosk-paused' });
    expect([records.length, pauses]).toEqual([10, 1]);
  });
});

describe('a live stranger', () => {
  it('never shuts the door for others, however often they come', async () => {
    await settle('denied', true, 150);
    await settle('undecided', true, 150);
    expect(pauses).toBe(0);
    await guard.admit('face');
    await guard.admit('code');
  });
});

describe('visits that cannot be decided', () => {
  it('pause the kiosk at the tenth in a row', async () => {
    await settle('undecided', false, 9);
    await guard.admit('face');
    await settle('undecided', false);
    expect(await guard.pausedFor()).toBe(30_000);
    expect(pauses).toBe(1);
    time += 30_000;
    await settle('undecided', false);
    expect(await guard.pausedFor()).toBe(60_000);
  });

  it('are in a row no more after a live person', async () => {
    await settle('undecided', false, 9);
    await settle('denied', true);
    await settle('undecided', false, 9);
    expect(await guard.pausedFor()).toBe(0);
  });

  it('never shut the door until an operator comes', async () => {
    await settle('undecided', false, 150);
    expect(await guard.pausedFor()).toBe(15 * 60_000);
  });
});

describe('a grant to a person found online', () => {
  it('is recorded without their name', async () => {
    const decision: Decision = {
      outcome: 'granted',
      reasons: ['match-online'],
      hints: [],
      person: { faceId: null, name: 'Kim' },
    };
    const online = { code: 'found', remoteId: 'r-7' } as const;
    await guard.settleVisit(decision, true, { ...VISIT, online });
    expect(records).toMatchObject([{ outcome: 'granted', reasons: ['match-online'], faceId: null, online }]);
    expect(JSON.stringify(records)).not.toContain('Kim');
  });
});

const WRONG_CODE: Decision = { outcome: 'denied', reasons: ['code-wrong'], hints: [], person: null };

describe('a person that the access rules deny', () => {
  const granted: Decision = {
    outcome: 'granted',
    reasons: ['match'],
    hints: [],
    person: { faceId: ADA, name: 'Ada' },
  };
  const denied: Decision = { outcome: 'denied', reasons: ['access-schedule'], hints: [], person: null };
  beforeEach(() => {
    admit = async (decision, level) =>
      level === 'light' ? { decision: denied, detail: 'office' } : { decision, detail: null };
  });

  it('is denied by no name, and recorded as who it is, with the rule', async () => {
    expect(await guard.settleVisit(granted, true, { ...VISIT, level: 'light' })).toBe(denied);
    expect(await guard.settleVisit(granted, true, VISIT)).toBe(granted);
    const { reasons } = denied;
    expect(records).toMatchObject([
      { outcome: 'denied', reasons, faceId: ADA, detail: 'office', level: 'light' },
      { outcome: 'granted', faceId: ADA, detail: null, level: 'steps' },
    ]);
  });

  it('is no failure, and clears none of others: not of faces, and not of codes', async () => {
    admit = async () => ({ decision: denied, detail: null });
    await settle('denied', false, 4);
    for (let i = 0; i < 10; i++) await guard.settleVisit(granted, true, VISIT);
    expect([await guard.pausedFor(), await guard.failures()]).toEqual([0, 4]);
    await settle('denied', false);
    expect(await guard.pausedFor()).toBe(30_000);

    for (let i = 0; i < 4; i++) await guard.settleCode(WRONG_CODE);
    for (let i = 0; i < 10; i++) await guard.settleCode(granted);
    await guard.admit('code');
    await guard.settleCode(WRONG_CODE);
    await expect(guard.admit('code')).rejects.toMatchObject({ code: 'kiosk-paused' });
  });

  it('is asked about only once a person is recognised', async () => {
    admit = () => Promise.reject(new Error('asked'));
    await settle('denied', true);
    await settle('undecided', false);
    await expect(guard.settleVisit(granted, true, VISIT)).rejects.toThrow('asked');
  });
});

describe('a listener', () => {
  it('that fails stops neither the others nor the decision', async () => {
    const error = new Error('no room');
    const fail: VisitListener = () => {
      throw error;
    };
    listeners = [fail, () => Promise.reject(error)];
    await store.close();
    await start();
    await settle('granted', true);
    await guard.close();
    expect(records).toHaveLength(1);
    expect(logged.filter((line) => line.includes('no room'))).toHaveLength(2);
  });

  it('that takes its time delays no decision, and is waited for at the end', async () => {
    const release = Promise.withResolvers<void>();
    listeners = [() => release.promise];
    await store.close();
    await start();
    await settle('denied', true);
    expect(records).toHaveLength(1);
    let isClosed = false;
    const closed = guard.close().then(() => (isClosed = true));
    await settle('denied', true);
    expect(isClosed).toBe(false);
    release.resolve();
    await closed;
  });

  it('that never finishes holds the end up for a while only, which is logged', async () => {
    listeners = [() => new Promise(() => undefined)];
    await store.close();
    await start();
    await settle('denied', true);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let isClosed = false;
      const closed = guard.close().then(() => (isClosed = true));
      await vi.advanceTimersByTimeAsync(LISTENERS_MS - 1);
      expect(isClosed).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await closed;
    } finally {
      vi.useRealTimers();
    }
    expect(logged.join('')).toContain('have not finished');
  });
});

describe('a code', () => {
  const desk = async () => {
    await store.createCollection(LOCAL_ACCOUNT, 'c');
    const template = new Float32Array(512).fill(Math.sqrt(1 / 512));
    await store.addFace(LOCAL_ACCOUNT, 'c', {
      faceId: ADA,
      references: [{ modelId: 'm', template, quality: 1, source: 'file' }],
      metadata: { name: 'Ada' },
    });
    const codes = createAccessCodes(store);
    return { decideCode: createCodeDesk(codes, guard), code: await codes.give('c', ADA) };
  };

  it('opens to nobody where it is also that of somebody who is expected', async () => {
    const { code } = await desk();
    const visitorId = `guest_${'0'.repeat(32)}`;
    const visitorOf = async () => ({ ...NOOR, visitorId });
    const decideCode = createCodeDesk({ ...createAccessCodes(store), visitorOf }, guard);
    expect(await decideCode('c', code)).toMatchObject({ outcome: 'denied', reasons: ['code-wrong'] });
  });

  it('grants the person it belongs to, and denies without naming a person', async () => {
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

  it('opens while faces are paused, and faces are looked at while codes are', async () => {
    const { decideCode, code } = await desk();
    await settle('denied', false, 5);
    await expect(guard.admit('face')).rejects.toMatchObject({ code: 'kiosk-paused' });
    expect(await decideCode('c', code)).toMatchObject({ outcome: 'granted' });
    expect(await guard.pausedFor()).toBe(30_000);
    time += 30_000;
    for (let i = 0; i < 5; i++) await decideCode('c', WRONG);
    await expect(decideCode('c', code)).rejects.toMatchObject({ code: 'kiosk-paused' });
    await guard.admit('face');
  });

  it('is looked at no more after fifty wrong ones in a row, until an operator has signed in', async () => {
    const { decideCode, code } = await desk();
    for (let i = 0; i < 50; i++) {
      await decideCode('c', WRONG);
      time += 15 * 60_000;
    }
    await expect(decideCode('c', code)).rejects.toMatchObject({ code: 'kiosk-locked' });
    await guard.forgive();
    expect(await decideCode('c', code)).toMatchObject({ outcome: 'granted' });
  });
});
