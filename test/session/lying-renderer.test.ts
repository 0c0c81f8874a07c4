import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Decision, LightColour, LightSlot, LintelError, VisitFrame, VisitTicket } from '#contract';
import { LIMITS } from '#core/liveness';
import { seeded } from '#core/matching';
import type { AnimatedHead } from '../../scripts/samples/animated-head.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { liveLight, presentLight } from '../attacks/light/kinds.ts';
import { standStill } from '../attacks/light/standing.ts';
import { headOf, openKiosk, performed, type KioskClient } from '../support/kiosk-client.ts';

/** Kim is enrolled; Sasha is not. An attacker who controls the screen can send anything. */
let kim: AnimatedHead;
let sasha: AnimatedHead;
let kiosk: KioskClient;
let faceId: string;

/** What Kim really did once: these steps, and the same in the other order. */
const STEPS = ['turn-left', 'blink'] as const;
let live: Evidence;
let swapped: Evidence;
type Evidence = Awaited<ReturnType<typeof performed>>;

beforeAll(async () => {
  kim = await headOf(sampleFace('Kim'));
  sasha = await headOf(sampleFace('Sasha'));
  live = await performed(kim, STEPS);
  swapped = await performed(kim, ['blink', 'turn-left']);
});

beforeEach(async () => {
  kiosk = await openKiosk(['turn-left', 'turn-right', 'blink']);
  faceId = await kiosk.enrol(await portrait(sampleFace('Kim')), 'Kim');
});
afterEach(() => kiosk.close());

/** Sends frames, each when it claims to have been captured, and submits them after so many milliseconds. */
async function submit(ticket: VisitTicket, frames: VisitFrame[], milliseconds: number): Promise<Decision> {
  return await kiosk.send(ticket.visitId, frames, milliseconds);
}

/** As {@link submit}, in a visit that is begun for them and asks for the steps of {@link live}. */
const submitAnew = async (frames: VisitFrame[], milliseconds: number): Promise<Decision> =>
  await submit(await kiosk.beginWith(STEPS), frames, milliseconds);

async function honestVisit(head: AnimatedHead): Promise<{ ticket: VisitTicket; decision: Decision }> {
  const ticket = await kiosk.ask('visit.begin', {});
  const { frames, milliseconds } = await performed(head, ticket.challenge);
  return { ticket, decision: await submit(ticket, frames, milliseconds) };
}

const stepOf = ({ moment }: VisitFrame): number => (moment.kind === 'step' ? moment.step : -1);

/** Denied, and for this reason among others. */
const refusal = (reason: string): object => ({
  outcome: 'denied',
  reasons: expect.arrayContaining([reason]) as string[],
  person: null,
});

describe('an honest screen', () => {
  it('has the person recognised who performs the steps', async () => {
    const { ticket, decision } = await honestVisit(kim);
    expect(decision).toEqual({
      outcome: 'granted',
      reasons: ['match'],
      hints: [],
      person: { faceId, name: 'Kim' },
    });
    const [record] = kiosk.records;
    expect(record).toMatchObject({ visitId: ticket.visitId, outcome: 'granted', faceId });
    expect(record?.scores?.steps.map(({ step, reason }) => [step, reason])).toEqual(
      ticket.challenge.map((step) => [step, null]),
    );
  });

  it('has a stranger denied who performs the steps', async () => {
    const { decision } = await honestVisit(sasha);
    expect(decision).toMatchObject({ outcome: 'denied', reasons: ['no-match'] });
  });
});

describe('a lying screen gets no grant', () => {
  it('by claims without frames', async () => {
    const { visitId } = await kiosk.ask('visit.begin', {});
    await expect(kiosk.send(visitId, [], 0)).rejects.toMatchObject({ code: 'usage' });
    const ticket = await kiosk.beginWith(STEPS);
    const { frames, milliseconds } = live;
    const frontal = frames.filter(({ moment }) => moment.kind === 'frontal');
    expect(await submit(ticket, frontal, milliseconds)).toMatchObject(refusal('step-missing'));
  });

  it('by frames at rest that it calls steps', async () => {
    const ticket = await kiosk.beginWith(STEPS);
    const { frames, milliseconds } = await performed(kim, STEPS, 2);
    const rest = (await performed(kim, ['smile'], 3)).frames.filter(({ moment }) => moment.kind !== 'step');
    const lies = frames.map((frame, i) =>
      frame.moment.kind === 'step' ? { ...frame, image: rest[i % rest.length]!.image } : frame,
    );
    expect(await submit(ticket, lies, milliseconds)).toMatchObject(refusal('step-missing'));
  });

  it('by frames of another session, in which something else was asked', async () => {
    const { frames, milliseconds } = swapped;
    const ticket = await kiosk.beginWith(STEPS);
    expect(await submit(ticket, frames, milliseconds)).toMatchObject(refusal('step-missing'));
  });

  it('by a session that was seen before, nor by its pictures recompressed and cropped', async () => {
    const { frames, milliseconds } = live;
    const first = await kiosk.beginWith(STEPS);
    expect(await submit(first, frames, milliseconds)).toMatchObject({ outcome: 'granted' });
    await expect(kiosk.send(first.visitId, frames, milliseconds)).rejects.toMatchObject({
      code: 'visit-unknown',
    });
    expect(await submitAnew(frames, milliseconds)).toMatchObject(refusal('frames-not-genuine'));
    const recoded = await Promise.all(
      frames.map(async (frame) => ({
        ...frame,
        image: await sharp(frame.image)
          .extract({ left: 6, top: 4, width: 630, height: 470 })
          .jpeg({ quality: 80 })
          .toBuffer(),
      })),
    );
    expect(await submitAnew(recoded, milliseconds)).toMatchObject(refusal('frames-not-genuine'));
  });

  it('by a granted session, after eight visits that show no face, nor after a restart', async () => {
    const { frames, milliseconds } = live;
    expect(await submitAnew(frames, milliseconds)).toMatchObject({ outcome: 'granted' });
    const grey = { width: 64, height: 64, channels: 3, background: '#777' } as const;
    const image = await sharp({ create: grey }).jpeg().toBuffer();
    for (let visit = 0; visit < 8; visit++) {
      const nobody = frames.map((frame, i) => ({
        ...frame,
        image: Buffer.concat([image, Buffer.of(visit, i)]),
      }));
      const outcome = await submitAnew(nobody, milliseconds);
      expect(outcome).toMatchObject({ outcome: 'undecided' });
    }
    expect(await submitAnew(frames, milliseconds)).toMatchObject(refusal('frames-not-genuine'));
    await kiosk.restart();
    expect(await submitAnew(frames, milliseconds)).toMatchObject(refusal('frames-not-genuine'));
  });

  it('by saying what its visitor cannot do until it is asked for what it has', async () => {
    for (const avoid of [['turn-right'], ['turn-left'], ['blink']] as const) {
      await expect(kiosk.ask('visit.begin', { avoid: [...avoid] })).rejects.toMatchObject({
        code: 'challenge-impossible',
      });
    }
  });

  it('by one frame over and over, nor compressed differently each time', async () => {
    const { frames, milliseconds } = live;
    const [{ image }] = frames as [VisitFrame];
    const same = frames.map((frame) => ({ ...frame, image }));
    expect(await submitAnew(same, milliseconds)).toMatchObject(refusal('frames-not-genuine'));
    await kiosk.restart();
    const copies = await Promise.all(
      frames.map(async (frame, i) => ({
        ...frame,
        image: await sharp(image)
          .jpeg({ quality: 95 - 2 * i })
          .toBuffer(),
      })),
    );
    expect(await submitAnew(copies, milliseconds)).toMatchObject(refusal('frames-not-genuine'));
  });

  it('by two people: one does the steps, the other is recognised', async () => {
    const ticket = await kiosk.beginWith(STEPS);
    const { frames, milliseconds } = await performed(sasha, STEPS);
    const { frames: kims } = live;
    const mixed = frames.map((frame, i) => (frame.moment.kind === 'frontal' ? kims[i]! : frame));
    expect(await submit(ticket, mixed, milliseconds)).toMatchObject(refusal('different-people'));
  });

  it('by beginning visits until one asks for what it has', async () => {
    const asked = await Promise.all(Array.from({ length: 20 }, () => kiosk.ask('visit.begin', {})));
    expect(new Set(asked.map(({ challenge }) => challenge.join())).size).toBe(1);
  });

  it('by frames that come late', async () => {
    const { frames, milliseconds } = live;
    const expired = await kiosk.beginWith(STEPS);
    await expect(submit(expired, frames, expired.expiresInMs + 1)).rejects.toMatchObject({
      code: 'visit-expired',
    });
    const slow = await kiosk.beginWith(STEPS);
    const pause = slow.stepMs + 3_000;
    const late = frames.map((frame) => ({
      ...frame,
      capturedAt: frame.capturedAt + (stepOf(frame) === 1 || frame.moment.kind === 'frontal' ? pause : 0),
    }));
    expect(await submit(slow, late, milliseconds + pause)).toMatchObject(refusal('step-missing'));
  });

  it('by frames that claim more time than passed', async () => {
    const ticket = await kiosk.beginWith(STEPS);
    const { frames } = live;
    expect(await submit(ticket, frames, 1_000)).toMatchObject(refusal('frames-not-genuine'));
  });

  it('by frames in another order', async () => {
    const { frames, milliseconds } = swapped;
    const renamed = frames.map((frame) =>
      frame.moment.kind === 'step'
        ? { ...frame, moment: { ...frame.moment, step: 1 - frame.moment.step } }
        : frame,
    );
    expect(await submitAnew(renamed, milliseconds)).toMatchObject(refusal('step-missing'));
    await kiosk.restart();
    const sorted = renamed.toSorted((a, b) => placeOf(a) - placeOf(b));
    expect(await submitAnew(sorted, milliseconds)).toMatchObject(refusal('frames-not-genuine'));
  });

  it('by a recording played faster than anybody can move', async () => {
    const ticket = await kiosk.beginWith(STEPS);
    const { frames, milliseconds } = live;
    const fast = frames.map((frame) => ({ ...frame, capturedAt: frame.capturedAt / 8 }));
    expect(await submit(ticket, fast, milliseconds)).toMatchObject(refusal('step-missing'));
  });
});

describe('a screen that lies while it sends', () => {
  const codeOf = async (refused: Promise<unknown>): Promise<unknown> =>
    await refused.then(
      () => 'taken',
      (error: unknown) => (error as LintelError).code,
    );
  const sendAt = async ({ visitId }: VisitTicket, from: number, frames: VisitFrame[]): Promise<unknown> =>
    await codeOf(kiosk.ask('visit.frames', { visitId, from, frames }));

  it('has frames refused that come twice, with a gap, too many, after the end, or for another visit', async () => {
    const { frames, milliseconds } = live;
    const twice = await kiosk.beginWith(STEPS);
    expect(await sendAt(twice, 0, frames.slice(0, 2))).toBe('taken');
    expect(await sendAt(twice, 0, frames.slice(0, 2))).toBe('frames-out-of-order');
    expect(await sendAt(twice, 2, frames.slice(2, 4))).toBe('visit-unknown');
    const gap = await kiosk.beginWith(STEPS);
    expect(await sendAt(gap, 1, frames.slice(1, 2))).toBe('frames-out-of-order');
    const many = await kiosk.beginWith(STEPS);
    expect(await sendAt(many, 0, frames.slice(0, 8))).toBe('taken');
    expect(await sendAt(many, 8, frames.slice(0, 8))).toBe('taken');
    expect(await sendAt(many, 16, frames.slice(0, 1))).toBe('frames-too-many');
    const done = await kiosk.beginWith(STEPS);
    expect(await kiosk.send(done.visitId, frames, milliseconds)).toMatchObject({ outcome: 'granted' });
    expect(await sendAt(done, frames.length, frames.slice(0, 1))).toBe('visit-unknown');
    expect(await sendAt({ ...done, visitId: `visit_${'0'.repeat(32)}` }, 0, frames.slice(0, 1))).toBe(
      'visit-unknown',
    );
    expect(kiosk.records).toHaveLength(1);
  });

  it('gets no grant by frames in two orders: as they were captured, and as they were asked for', async () => {
    const { frames, milliseconds } = live;
    const reordered = frames.with(2, frames[3]!).with(3, frames[2]!);
    expect(await submitAnew(reordered, milliseconds)).toMatchObject(refusal('frames-not-genuine'));
  });

  it('gets no grant by all frames at the end, by one held back, nor by one sent before its time', async () => {
    const { frames, milliseconds } = live;
    const last = frames.at(-1)!.capturedAt;
    /** Sends each frame so long after the visit began. */
    const sent = async (times: readonly number[]): Promise<Decision> => {
      await kiosk.restart();
      const { visitId } = await kiosk.beginWith(STEPS);
      let passed = 0;
      for (const [from, frame] of frames.entries()) {
        kiosk.wait(times[from]! - passed);
        passed = times[from]!;
        await kiosk.ask('visit.frames', { visitId, from, frames: [frame] });
      }
      kiosk.wait(milliseconds - passed);
      return await kiosk.ask('visit.submit', { visitId, frameCount: frames.length });
    };
    const honest = frames.map(({ capturedAt }) => milliseconds - (last - capturedAt));
    expect(last - frames[0]!.capturedAt).toBeGreaterThan(LIMITS.lateMs);
    expect(await sent(frames.map(() => milliseconds))).toMatchObject(refusal('frames-not-genuine'));
    // A step is certain a little after its height, and a busy machine is slow.
    const slowly = honest.findLast((time) => time - honest[0]! < LIMITS.lateMs)!;
    expect(await sent(honest.map((time) => Math.max(time, slowly)))).toMatchObject({ outcome: 'granted' });
    expect(await sent(honest.map(() => 0))).toMatchObject(refusal('frames-not-genuine'));
  });

  it('gets no grant by frames at rest and frontal ones alone, where steps are set', async () => {
    const still = live.frames.filter(({ moment }) => moment.kind === 'frontal');
    expect(await submitAnew(still, live.milliseconds)).toMatchObject(refusal('step-missing'));
  });
});

describe('a screen that lies about its light', () => {
  const OPPOSITE = {
    dark: 'white',
    white: 'dark',
    cyan: 'dark',
    yellow: 'blue',
    magenta: 'green',
    green: 'magenta',
    blue: 'yellow',
  } as const satisfies Record<LightColour, LightColour>;

  it('gets no grant by the light of another visit, by frames held back or turned round, nor by none', async () => {
    await kiosk.ask('settings.update', { assurance: 'light' });
    const standing = await standStill(kim, seeded(1));
    const frontal = live.frames.filter(({ moment }) => moment.kind === 'frontal');
    const drawn = async () => {
      const ticket = await kiosk.ask('visit.begin', {});
      expect(ticket).toMatchObject({ level: 'light', challenge: [] });
      return { ticket, ...(await kiosk.ask('visit.light', { visitId: ticket.visitId })) };
    };
    /** What the camera sees of Kim while the screen shows these colours, in a dim room. */
    const seen = async (slots: readonly LightSlot[]): Promise<VisitFrame[]> => {
      const { pictures } = await presentLight(standing, 60, liveLight, seeded(4), slots);
      const lit = pictures.map(({ at, image }) => ({
        image,
        capturedAt: 1_000 + at,
        moment: { kind: 'light' as const, at },
      }));
      const after = frontal.map((frame, i) => ({ ...frame, capturedAt: 4_000 + 200 * i }));
      return [...lit, ...after];
    };
    const isLight = ({ moment }: VisitFrame): boolean => moment.kind === 'light';

    const honest = await drawn();
    const frames = await seen(honest.slots);
    expect(await submit(honest.ticket, frames, 3_500)).toMatchObject({ outcome: 'granted' });

    const other = await drawn();
    const opposite = other.slots.map((slot): LightSlot => ({
      ...slot,
      colours: [OPPOSITE[slot.colours[0]], OPPOSITE[slot.colours[1]]],
    }));
    const replayed = await submit(other.ticket, await seen(opposite), 3_500);
    expect(replayed.person).toBeNull();
    expect(replayed.reasons.some((reason) => reason.startsWith('light-'))).toBe(true);

    const late = await drawn();
    const answered = await seen(late.slots);
    kiosk.wait(2_000);
    expect(await submit(late.ticket, answered, 3_500)).toMatchObject({
      person: null,
      reasons: expect.arrayContaining(['light-late']) as string[],
    });

    const turned = await drawn();
    const shots = await seen(turned.slots);
    const lit = shots.filter(isLight);
    const reversed = shots.map((frame, i) => (isLight(frame) ? lit.at(-1 - i)! : frame));
    expect(await submit(turned.ticket, reversed, 3_500)).toMatchObject(refusal('frames-not-genuine'));

    const none = await drawn();
    const dark = await submit(none.ticket, frontal, 3_500);
    expect(dark).toMatchObject({
      person: null,
      reasons: expect.arrayContaining(['light-missing']) as string[],
    });
  });
});

function placeOf({ moment }: VisitFrame): number {
  if (moment.kind === 'baseline') return 0;
  return moment.kind === 'step' ? moment.step + 1 : 9;
}
