import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { LintelError, VISIT_LIMITS, type AssuranceLevel, type Decision, type VisitFrame } from '#contract';
import { createChallenges } from '#core/liveness';
import { createAttemptGuard, createVisits, type Judge, type VisitRecord, type Visits } from './index.ts';

interface SetUp {
  visits: Visits;
  wait: (ms: number) => void;
  analysed: () => number;
  /** Frames are looked at once it resolves. */
  look: { gate: Promise<void> };
  /** Whether faces are paused is known once it resolves. */
  admitting: { gate: Promise<void> };
  /** Milliseconds for which faces are paused. */
  pause: { ms: number };
  door: { isThere: boolean };
  /** Visits that showed no live person, in a row. */
  failed: { inARow: number };
  records: VisitRecord[];
}

/** No person stands at this camera: who is recognised and who is live is the system tests' matter. */
function setUp({
  fails = false,
  pausedFor = 0,
  level = 'steps',
}: { fails?: boolean; pausedFor?: number; level?: AssuranceLevel } = {}): SetUp {
  const look = { gate: Promise.resolve() };
  const admitting = { gate: Promise.resolve() };
  const pause = { ms: pausedFor };
  const door = { isThere: false };
  const failed = { inARow: 0 };
  let time = 5_000;
  let analysed = 0;
  const records: VisitRecord[] = [];
  const judge: Judge = {
    recognizer: {
      modelId: 'model-1',
      analyse: async () => {
        analysed += 1;
        await look.gate;
        if (fails) throw new LintelError('image-corrupt');
        return { width: 640, height: 480, face: null, others: [], luma: 110, turn: 0, milliseconds: {} };
      },
    },
    people: {
      count: async () => 1,
      identify: async () => ({ kind: 'unknown' }),
      hasClearLead: async () => true,
    },
    samePerson: { frontal: 0.34, turned: 0.25 },
    calibration: { similarityAtRate: () => 1 },
    falsePositiveRate: 1e-3,
    askServer: async () => null,
  };
  const lockout = {
    count: async () => failed.inARow,
    remaining: async () => {
      await admitting.gate;
      return pause.ms;
    },
    failed: async () => 0,
    reset: async () => undefined,
  };
  const visits = createVisits({
    serve: (work) => work(judge),
    assurance: async () => ({ level, onDoubt: 'steps' }),
    lastGrant: async () => null,
    hasDoor: () => door.isThere,
    settings: () => ({ challengeSteps: ['turn-left', 'smile'], stepSeconds: 5 }),
    guard: createAttemptGuard({
      lockouts: { liveness: lockout, unsure: lockout, codes: lockout, slowCodes: lockout },
      admit: async (decision) => ({ decision, detail: null }),
      onDecided: [(record) => void records.push(record)],
      onPaused: () => undefined,
      log: pino({ level: 'silent' }),
    }),
    memory: {
      digestOf: async (image) => Buffer.from(image).toString('hex'),
      remembered: () => [],
      enter: async () => [],
      withdraw: () => undefined,
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
  const wait = (ms: number): number => (time += ms);
  return { visits, wait, analysed: () => analysed, look, admitting, pause, door, failed, records };
}

const frames = (frontal: number): VisitFrame[] =>
  Array.from({ length: frontal }, (_, i) => ({
    image: new Uint8Array([i]),
    capturedAt: i * 10,
    moment: { kind: 'frontal' },
  }));

/** Sends frames and submits them. */
async function submit(visits: Visits, visitId: string, count = 3): Promise<Decision> {
  await visits.frames(visitId, 0, frames(count));
  return await visits.submit(visitId, count);
}

describe('a visit', () => {
  it('asks for steps that are allowed, in the time that is set', async () => {
    const { visits } = setUp();
    const ticket = await visits.begin();
    expect(ticket).toMatchObject({ stepMs: 5_000, frameCount: 3 });
    expect(ticket.expiresInMs).toBe(30_000 + ticket.challenge.length * 7_000);
    expect(new Set(ticket.challenge)).toEqual(new Set(['turn-left', 'smile']));
    await expect(visits.begin({ avoid: ['smile'] })).rejects.toMatchObject({ code: 'challenge-impossible' });
  });

  it('is submitted once, decided once and recorded without anybody`s face', async () => {
    const { visits, analysed, records } = setUp();
    const { visitId, challenge } = await visits.begin();
    await expect(submit(visits, visitId)).resolves.toEqual({
      outcome: 'undecided',
      reasons: ['no-face'],
      hints: [],
      person: null,
    });
    await expect(submit(visits, visitId)).rejects.toMatchObject({ code: 'visit-unknown' });
    expect(analysed()).toBe(3);
    expect(records).toEqual([
      {
        eventId: expect.stringMatching(/^evt_[0-9a-f]{32}$/) as string,
        visitId,
        level: 'steps',
        challenge,
        time: expect.any(String) as string,
        outcome: 'undecided',
        reasons: ['no-face'],
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
    await visits.frames(visitId, 0, frames(3));
    const results = await Promise.allSettled([visits.submit(visitId, 3), visits.submit(visitId, 3)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('ends when its time is over', async () => {
    const { visits, wait, analysed } = setUp();
    const late = await visits.begin();
    wait(late.expiresInMs + 1);
    await expect(submit(visits, late.visitId)).rejects.toMatchObject({ code: 'visit-expired' });
    await expect(submit(visits, late.visitId)).rejects.toMatchObject({ code: 'visit-unknown' });
    const onTime = await visits.begin();
    wait(onTime.expiresInMs - 20);
    await expect(submit(visits, onTime.visitId)).resolves.toMatchObject({ outcome: 'undecided' });
    expect(analysed()).toBe(3);
  });

  it('needs as many frontal frames as the ticket says', async () => {
    const { visits, analysed } = setUp();
    const { visitId } = await visits.begin();
    await expect(submit(visits, visitId, 2)).rejects.toMatchObject({ code: 'usage' });
    await expect(visits.submit(visitId, 2)).rejects.toMatchObject({ code: 'visit-unknown' });
    expect(analysed()).toBe(2);
  });

  it('is neither begun nor looked at while the kiosk is paused', async () => {
    await expect(setUp({ pausedFor: 1 }).visits.begin()).rejects.toMatchObject({ code: 'kiosk-paused' });
  });

  it('is over when cancelled, when a frame cannot be read, and was never open elsewhere', async () => {
    const { visits, records } = setUp({ fails: true });
    const cancelled = await visits.begin();
    visits.cancel(cancelled.visitId);
    await expect(submit(visits, cancelled.visitId)).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    const { visitId } = await visits.begin();
    await expect(submit(visits, visitId)).rejects.toMatchObject({ code: 'image-corrupt' });
    await expect(submit(visits, visitId)).rejects.toMatchObject({ code: 'visit-unknown' });
    const elsewhere = await setUp().visits.begin();
    await expect(submit(visits, elsewhere.visitId)).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    expect(records).toEqual([]);
  });

  it('gives way to newer ones: at most four are open', async () => {
    const { visits } = setUp();
    const tickets = await Promise.all(Array.from({ length: 5 }, () => visits.begin()));
    expect(new Set(tickets.map(({ visitId }) => visitId)).size).toBe(5);
    const results = await Promise.allSettled(tickets.map(({ visitId }) => submit(visits, visitId)));
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      ...Array.from({ length: 4 }, () => 'fulfilled'),
    ]);
  });
});

describe('the frames of a visit', () => {
  it('are looked at as soon as they come, and the answer tells nothing of them', async () => {
    const { visits, analysed } = setUp();
    const { visitId } = await visits.begin();
    const [first, ...rest] = frames(3);
    expect(await visits.frames(visitId, 0, [first!])).toBeUndefined();
    expect(analysed()).toBe(1);
    await visits.frames(visitId, 1, rest);
    expect(analysed()).toBe(3);
    await visits.submit(visitId, 3);
    expect(analysed()).toBe(3);
  });

  it.each([
    ['come twice', 0, 1],
    ['leave a gap', 2, 1],
    ['are of what was sent before another batch', 3, 3],
  ])('that %s end it', async (_, from, count) => {
    const { visits, records } = setUp();
    const { visitId } = await visits.begin();
    await visits.frames(visitId, 0, frames(1));
    const refused = { code: 'frames-out-of-order' };
    await expect(visits.frames(visitId, from, frames(count))).rejects.toMatchObject(refused);
    await expect(visits.frames(visitId, 1, frames(1))).rejects.toMatchObject({ code: 'visit-unknown' });
    await expect(visits.submit(visitId, 2)).rejects.toMatchObject({ code: 'visit-unknown' });
    expect(records).toEqual([]);
  });

  it('are all there when it is submitted, and none comes afterwards', async () => {
    const { visits } = setUp();
    const missing = await visits.begin();
    await visits.frames(missing.visitId, 0, frames(3));
    const refused = { code: 'frames-out-of-order' };
    await expect(visits.submit(missing.visitId, 4)).rejects.toMatchObject(refused);
    const { visitId } = await visits.begin();
    await submit(visits, visitId);
    await expect(visits.frames(visitId, 3, frames(1))).rejects.toMatchObject({ code: 'visit-unknown' });
  });

  it('are so many and so large at most', async () => {
    const { visits } = setUp();
    const refused = { code: 'frames-too-many' };
    const many = await visits.begin();
    await visits.frames(many.visitId, 0, frames(VISIT_LIMITS.frames));
    const one = visits.frames(many.visitId, VISIT_LIMITS.frames, frames(1));
    await expect(one).rejects.toMatchObject(refused);
    await expect(visits.submit(many.visitId, VISIT_LIMITS.frames)).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    const large = await visits.begin();
    const image = new Uint8Array(VISIT_LIMITS.bytes / 2);
    const two = frames(2).map((frame) => ({ ...frame, image }));
    await visits.frames(large.visitId, 0, two);
    await expect(visits.frames(large.visitId, 2, frames(1))).rejects.toMatchObject(refused);
  });

  it.each<[string, (visits: Visits, visitId: string) => void]>([
    ['it is cancelled', (visits, visitId) => visits.cancel(visitId)],
    ['its screen is gone', (visits) => visits.close()],
  ])('are looked at no more when %s', async (_, end) => {
    const { visits, analysed, look } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    look.gate = promise;
    const { visitId } = await visits.begin();
    await visits.frames(visitId, 0, frames(8));
    expect(analysed()).toBe(4);
    end(visits, visitId);
    resolve();
    await new Promise(setImmediate);
    expect(analysed()).toBe(4);
    await expect(visits.submit(visitId, 8)).rejects.toMatchObject({ code: 'visit-unknown' });
  });

  it.each<[string, (visits: Visits, visitId: string) => unknown]>([
    ['it is cancelled', (visits, visitId) => visits.cancel(visitId)],
    ['its screen is gone', (visits) => visits.close()],
    ['newer ones push it out', (visits) => Promise.all(Array.from({ length: 4 }, () => visits.begin()))],
  ])('of a visit that ends before they are admitted are looked at no more: %s', async (_, end) => {
    const { visits, analysed, admitting } = setUp();
    const { visitId } = await visits.begin();
    const { promise, resolve } = Promise.withResolvers<void>();
    admitting.gate = promise;
    const late = visits.frames(visitId, 0, frames(3));
    admitting.gate = Promise.resolve();
    await end(visits, visitId);
    resolve();
    await expect(late).rejects.toMatchObject({ code: 'visit-unknown' });
    expect(analysed()).toBe(0);
  });

  it('end with a pause that begins meanwhile', async () => {
    const { visits, analysed, pause } = setUp();
    const { visitId } = await visits.begin();
    await visits.frames(visitId, 0, frames(1));
    pause.ms = 30_000;
    const paused = { code: 'kiosk-paused' };
    await expect(visits.frames(visitId, 1, frames(2))).rejects.toMatchObject(paused);
    expect(analysed()).toBe(1);
    pause.ms = 0;
    await expect(visits.submit(visitId, 3)).rejects.toMatchObject({ code: 'visit-unknown' });
    const later = await visits.begin();
    await visits.frames(later.visitId, 0, frames(3));
    pause.ms = 30_000;
    await expect(visits.submit(later.visitId, 3)).rejects.toMatchObject(paused);
  });
});

describe('a visit by light', () => {
  it('has its colours drawn once, and steps in their place where none are wanted', async () => {
    const { visits } = setUp({ level: 'light' });
    const { visitId, challenge } = await visits.begin();
    expect(challenge).toEqual([]);
    expect((await visits.light(visitId)).length).toBeGreaterThan(4);
    await expect(visits.light(visitId)).rejects.toMatchObject({ code: 'usage' });
    await expect(visits.light(visitId)).rejects.toMatchObject({ code: 'visit-unknown' });
    expect(await visits.begin({ withoutLight: true })).toMatchObject({ level: 'steps' });
  });

  it('is not what a visit by steps is, nor can a visit by both go without', async () => {
    const steps = setUp().visits;
    await expect(steps.light((await steps.begin()).visitId)).rejects.toMatchObject({ code: 'usage' });
    const both = setUp({ level: 'light-and-steps' }).visits;
    await expect(both.begin({ withoutLight: true })).rejects.toMatchObject({ code: 'challenge-impossible' });
  });

  it('opens no door alone', async () => {
    const { visits, door } = setUp({ level: 'light' });
    door.isThere = true;
    await expect(visits.begin()).rejects.toMatchObject({ code: 'assurance-opens-no-door' });
  });
});

describe('a visit without proof of life', () => {
  it('asks for no step, and counts for nothing', async () => {
    const { visits, records } = setUp({ level: 'presence' });
    const ticket = await visits.begin();
    expect(ticket).toMatchObject({ level: 'presence', challenge: [], frameCount: 2 });
    await submit(visits, ticket.visitId, 2);
    expect(records).toMatchObject([{ level: 'presence', challenge: [], reasons: ['no-face'] }]);
  });

  it('asks for more after failures in a row, and says why', async () => {
    const { visits, failed, records } = setUp({ level: 'presence' });
    failed.inARow = 2;
    const ticket = await visits.begin();
    expect(ticket).toMatchObject({ level: 'steps', frameCount: 3 });
    await submit(visits, ticket.visitId);
    expect(records).toMatchObject([{ level: 'steps', doubts: ['failures'] }]);
    failed.inARow = 0;
    expect(await visits.begin()).toMatchObject({ level: 'presence' });
  });

  it('never opens a door, not even one that is there since it began', async () => {
    const { visits, door, records } = setUp({ level: 'presence' });
    const { visitId } = await visits.begin();
    door.isThere = true;
    const refused = { code: 'assurance-opens-no-door' };
    await expect(submit(visits, visitId, 2)).rejects.toMatchObject(refused);
    await expect(visits.begin()).rejects.toMatchObject(refused);
    expect(records).toEqual([]);
  });
});
