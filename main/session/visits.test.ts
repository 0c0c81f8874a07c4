import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LintelError, type VisitFrame } from '#contract';
import { createChallenges } from '#core/liveness';
import { createAttemptGuard, createVisits, type Judge, type VisitRecord, type Visits } from './index.ts';

interface SetUp {
  visits: Visits;
  wait: (ms: number) => void;
  analysed: () => number;
  records: VisitRecord[];
}

/** Nobody stands at this camera: who is recognised and who is live is the system tests' matter. */
function setUp({ fails = false, pausedFor = 0 } = {}): SetUp {
  let time = 5_000;
  let analysed = 0;
  const records: VisitRecord[] = [];
  const judge: Judge = {
    recognizer: {
      modelId: 'model-1',
      analyse: async () => {
        analysed += 1;
        if (fails) throw new LintelError('image-corrupt');
        return { width: 640, height: 480, face: null, others: [], turn: 0, milliseconds: {} };
      },
    },
    people: { count: async () => 1, identify: async () => ({ kind: 'unknown' }) },
    samePerson: { frontal: 0.34, turned: 0.25 },
    calibration: { similarityAtRate: () => 1 },
    askServer: async () => null,
  };
  const lockout = { remaining: async () => pausedFor, failed: async () => 0, reset: async () => undefined };
  const visits = createVisits({
    serve: (work) => work(judge),
    settings: () => ({ challengeSteps: ['turn-left', 'smile'], stepSeconds: 5 }),
    guard: createAttemptGuard({
      lockouts: { liveness: lockout, unsure: lockout, codes: lockout },
      admit: async (decision) => ({ decision, detail: null }),
      onDecided: [(record) => void records.push(record)],
      onPaused: () => undefined,
      log: pino({ level: 'silent' }),
    }),
    memory: {
      digestOf: async (image) => Buffer.from(image).toString('hex'),
      enter: async () => [],
      claim: async () => true,
    },
    challenges: createChallenges(() => time),
    sessions: {
      photoOf: () => {
        throw new LintelError('session-unknown');
      },
      settle: () => undefined,
    },
    learn: () => undefined,
    now: () => time,
  });
  return { visits, wait: (ms) => (time += ms), analysed: () => analysed, records };
}

const frames = (frontal: number): VisitFrame[] =>
  Array.from({ length: frontal }, (_, i) => ({
    image: new Uint8Array([i]),
    capturedAt: i * 10,
    moment: { kind: 'frontal' },
  }));

describe('a visit', () => {
  it('asks for steps that are allowed, in the time that is set', async () => {
    const { visits } = setUp();
    const ticket = await visits.begin();
    expect(ticket).toMatchObject({ stepMs: 5_000, frameCount: 3 });
    expect(ticket.expiresInMs).toBe(30_000 + ticket.challenge.length * 7_000);
    expect(new Set(ticket.challenge)).toEqual(new Set(['turn-left', 'smile']));
    await expect(visits.begin(['smile'])).rejects.toMatchObject({ code: 'challenge-impossible' });
  });

  it('is submitted once, decided once and recorded without anybody`s face', async () => {
    const { visits, analysed, records } = setUp();
    const { visitId, challenge } = await visits.begin();
    await expect(visits.submit(visitId, frames(3))).resolves.toEqual({
      outcome: 'undecided',
      reasons: ['no-face'],
      hints: [],
      person: null,
    });
    await expect(visits.submit(visitId, frames(3))).rejects.toMatchObject({ code: 'visit-unknown' });
    expect(analysed()).toBe(3);
    expect(records).toEqual([
      {
        visitId,
        challenge,
        time: expect.any(String) as string,
        outcome: 'undecided',
        reasons: ['no-face'],
        level: 'steps',
        faceId: null,
        detail: null,
        scores: {
          steps: [],
          leastSimilarity: { frontal: null, turned: null },
          passive: null,
          leastDifference: null,
          span: 20,
        },
      },
    ]);
  });

  it('is submitted once even when two submissions race', async () => {
    const { visits } = setUp();
    const { visitId } = await visits.begin();
    const results = await Promise.allSettled([
      visits.submit(visitId, frames(3)),
      visits.submit(visitId, frames(3)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('ends when its time is over', async () => {
    const { visits, wait, analysed } = setUp();
    const late = await visits.begin();
    wait(late.expiresInMs + 1);
    await expect(visits.submit(late.visitId, frames(3))).rejects.toMatchObject({ code: 'visit-expired' });
    await expect(visits.submit(late.visitId, frames(3))).rejects.toMatchObject({ code: 'visit-unknown' });
    const onTime = await visits.begin();
    wait(onTime.expiresInMs);
    await expect(visits.submit(onTime.visitId, frames(3))).resolves.toMatchObject({ outcome: 'undecided' });
    expect(analysed()).toBe(3);
  });

  it('needs as many frontal frames as the ticket says', async () => {
    const { visits, analysed } = setUp();
    const { visitId } = await visits.begin();
    await expect(visits.submit(visitId, frames(2))).rejects.toMatchObject({ code: 'usage' });
    expect(analysed()).toBe(0);
  });

  it('is neither begun nor looked at while the kiosk is paused', async () => {
    await expect(setUp({ pausedFor: 1 }).visits.begin()).rejects.toMatchObject({ code: 'kiosk-paused' });
  });

  it('is over when cancelled, when a frame cannot be read, and was never open elsewhere', async () => {
    const { visits, records } = setUp({ fails: true });
    const cancelled = await visits.begin();
    visits.cancel(cancelled.visitId);
    await expect(visits.submit(cancelled.visitId, frames(3))).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    const { visitId } = await visits.begin();
    await expect(visits.submit(visitId, frames(3))).rejects.toMatchObject({ code: 'image-corrupt' });
    await expect(visits.submit(visitId, frames(3))).rejects.toMatchObject({ code: 'visit-unknown' });
    const elsewhere = await setUp().visits.begin();
    await expect(visits.submit(elsewhere.visitId, frames(3))).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    expect(records).toEqual([]);
  });

  it('gives way to newer ones: at most four are open', async () => {
    const { visits } = setUp();
    const tickets = await Promise.all(Array.from({ length: 5 }, () => visits.begin()));
    expect(new Set(tickets.map(({ visitId }) => visitId)).size).toBe(5);
    const results = await Promise.allSettled(tickets.map(({ visitId }) => visits.submit(visitId, frames(3))));
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      ...Array.from({ length: 4 }, () => 'fulfilled'),
    ]);
  });
});
