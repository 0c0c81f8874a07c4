import { describe, expect, it } from 'vitest';
import { LintelError, type VisitFrame } from '#contract';
import { createVisits, type Judge, type Visits } from './index.ts';

/** Nobody stands at this camera: who is recognised is the decision's and the system tests' matter. */
function setUp({ fails = false } = {}): {
  visits: Visits;
  wait: (ms: number) => void;
  analysed: () => number;
} {
  let time = 5_000;
  let analysed = 0;
  const judge: Judge = {
    recognizer: {
      analyse: async () => {
        analysed += 1;
        if (fails) throw new LintelError('image-corrupt');
        return { width: 640, height: 480, face: null, others: [], milliseconds: {} };
      },
    },
    people: { count: async () => 1, identify: async () => ({ kind: 'unknown' }) },
    samePersonSimilarity: 0.34,
  };
  const visits = createVisits({ serve: (work) => work(judge), now: () => time });
  return { visits, wait: (ms) => (time += ms), analysed: () => analysed };
}

const frames = (count: number): VisitFrame[] =>
  Array.from({ length: count }, (_, i) => ({ image: new Uint8Array([1]), capturedAt: i * 100 }));

describe('a visit', () => {
  it('is submitted once', async () => {
    const { visits, analysed } = setUp();
    const { visitId, frameCount, expiresInMs, challenge } = visits.begin();
    expect({ frameCount, expiresInMs, challenge }).toEqual({
      frameCount: 3,
      expiresInMs: 30_000,
      challenge: [],
    });
    await expect(visits.submit(visitId, frames(3))).resolves.toMatchObject({ outcome: 'undecided' });
    await expect(visits.submit(visitId, frames(3))).rejects.toMatchObject({ code: 'visit-unknown' });
    expect(analysed()).toBe(3);
  });

  it('is submitted once even when two submissions race', async () => {
    const { visits } = setUp();
    const { visitId } = visits.begin();
    const results = await Promise.allSettled([
      visits.submit(visitId, frames(3)),
      visits.submit(visitId, frames(3)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('ends after 30 seconds', async () => {
    const { visits, wait, analysed } = setUp();
    const late = visits.begin();
    wait(30_001);
    await expect(visits.submit(late.visitId, frames(3))).rejects.toMatchObject({ code: 'visit-expired' });
    await expect(visits.submit(late.visitId, frames(3))).rejects.toMatchObject({ code: 'visit-unknown' });
    const onTime = visits.begin();
    wait(30_000);
    await expect(visits.submit(onTime.visitId, frames(3))).resolves.toMatchObject({ outcome: 'undecided' });
    expect(analysed()).toBe(3);
  });

  it('needs as many frames as the ticket says', async () => {
    const { visits, analysed } = setUp();
    await expect(visits.submit(visits.begin().visitId, frames(2))).rejects.toMatchObject({ code: 'usage' });
    expect(analysed()).toBe(0);
  });

  it('is over when cancelled, when a frame cannot be read, and was never open elsewhere', async () => {
    const { visits } = setUp({ fails: true });
    const cancelled = visits.begin();
    visits.cancel(cancelled.visitId);
    await expect(visits.submit(cancelled.visitId, frames(3))).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    const { visitId } = visits.begin();
    await expect(visits.submit(visitId, frames(3))).rejects.toMatchObject({ code: 'image-corrupt' });
    await expect(visits.submit(visitId, frames(3))).rejects.toMatchObject({ code: 'visit-unknown' });
    const elsewhere = setUp().visits.begin();
    await expect(visits.submit(elsewhere.visitId, frames(3))).rejects.toMatchObject({
      code: 'visit-unknown',
    });
  });

  it('gives way to newer ones: at most four are open', async () => {
    const { visits } = setUp();
    const tickets = Array.from({ length: 5 }, () => visits.begin());
    expect(new Set(tickets.map(({ visitId }) => visitId)).size).toBe(5);
    const results = await Promise.allSettled(tickets.map(({ visitId }) => visits.submit(visitId, frames(3))));
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      ...Array.from({ length: 4 }, () => 'fulfilled'),
    ]);
  });
});
