import { describe, expect, it } from 'vitest';
import { parallax } from './measure.ts';
import { detectSteps, LivenessSession } from './session.ts';
import { pretend, type Pretended } from './testing/synthetic-face.ts';

/** A performance: what the face shows at a time, in milliseconds after it had come to rest. */
type Score = (ms: number) => Pretended;

const REST_MS = 800;

/** A recording of a person at rest and then performing, at so many pictures a second. */
function record(score: Score, forMs: number, fps = 30): ReturnType<typeof detectSteps> {
  const samples = [];
  for (let at = 0; at < REST_MS + forMs; at += 1000 / fps)
    samples.push(pretend(at, at < REST_MS ? {} : score(at - REST_MS)));
  return detectSteps(samples);
}

/** Up from 0 to 1 and down again around a time. */
const bump = (ms: number, middle: number, halfWidth: number): number =>
  Math.max(0, Math.cos((Math.PI / 2) * Math.min(1, Math.abs(ms - middle) / halfWidth)));

const kinds = (score: Score, forMs = 2000, fps = 30): string[] =>
  record(score, forMs, fps).steps.map(({ kind }) => kind);

describe('a face at rest', () => {
  it('is known after half a second, and does nothing', () => {
    const { restedAt, steps } = record(() => ({}), 3000);
    expect(restedAt).toBeGreaterThanOrEqual(500);
    expect(restedAt).toBeLessThan(600);
    expect(steps).toEqual([]);
  });

  it('is not one that is turned away, nor one that moves', () => {
    const turned = Array.from({ length: 60 }, (_, i) => pretend(i * 33, { yaw: 20 }));
    expect(detectSteps(turned).restedAt).toBeNull();
    const moving = Array.from({ length: 60 }, (_, i) => pretend(i * 33, { yaw: 11 * Math.sin(i / 3) }));
    expect(detectSteps(moving).restedAt).toBeNull();
  });

  it('was a smile where the face comes to rest with a much narrower mouth', () => {
    const calmAt = (smileThen: number, smileNow: number): number | undefined => {
      const session = new LivenessSession();
      for (let at = 0; at < 3000; at += 33) {
        const smile = at < 1000 ? smileThen : smileNow;
        if (session.push(pretend(at, { smile })).isCalmer) return at;
      }
      return undefined;
    };
    expect(calmAt(0.2, 0)).toBeGreaterThan(1500);
    for (const [then, now] of [
      [0, 0],
      [0.03, 0],
      [0, 0.2],
    ] as const) {
      expect(calmAt(then, now)).toBeUndefined();
    }
  });

  it('may blink meanwhile: everything still counts against open eyes', () => {
    const samples = Array.from({ length: 75 }, (_, i) => {
      const at = i * 33;
      return pretend(at, { eyes: 1 - bump(at, 250, 100) - bump(at, 1500, 120) });
    });
    expect(detectSteps(samples).steps.map(({ kind }) => kind)).toEqual(['blink']);
  });
});

describe('a turn', () => {
  const turn =
    (yaw: number, flat = false): Score =>
    (ms) => ({ yaw: yaw * bump(ms, 700, 500), flat });

  it('is to the left when the nose goes to the right of the picture', () => {
    expect(kinds(turn(25))).toEqual(['turn-left']);
    expect(kinds(turn(-25))).toEqual(['turn-right']);
  });

  it('has its height where it goes furthest', () => {
    const [step] = record(turn(25), 2000).steps;
    expect(Math.abs(step!.peak - (REST_MS + 700))).toBeLessThan(50);
    expect(step!.at).toBeGreaterThan(step!.peak);
  });

  it('counts while it is held', () => {
    expect(kinds((ms) => ({ yaw: 22 * Math.min(1, ms / 400) }))).toEqual(['turn-left']);
  });

  it('does not count when it is small', () => {
    expect(kinds(turn(12))).toEqual([]);
  });

  it('counts once, however long it trembles at its height', () => {
    const trembling: Score = (ms) => ({ yaw: 22 * Math.min(1, ms / 400) + 3 * Math.sin(ms / 60) });
    expect(kinds(trembling, 3000)).toEqual(['turn-left']);
  });

  it('of a flat picture does not count, whatever its pose seems to be', () => {
    expect(kinds(turn(25, true))).toEqual([]);
    expect(kinds(turn(-25, true))).toEqual([]);
  });
});

describe('the parallax of the nose', () => {
  it.each([15, -15, 25, -25])('shows a head turned by %d degrees', (yaw) => {
    const value = parallax(pretend(0), pretend(33, { yaw }));
    expect(Math.sign(value)).toBe(Math.sign(yaw));
    expect(Math.abs(value)).toBeGreaterThan(0.1);
  });

  it.each([
    { yaw: 40, pitch: 0 },
    { yaw: -30, pitch: 20 },
    { yaw: 0, pitch: 30 },
  ])('is nothing for a flat picture held at $yaw and $pitch degrees', (pose) => {
    const flat = { flat: true };
    expect(Math.abs(parallax(pretend(0, flat), pretend(33, { ...pose, ...flat })))).toBeLessThan(0.001);
  });
});

describe('a blink', () => {
  const blink =
    (halfMs: number, depth = 0.9): Score =>
    (ms) => ({ eyes: 1 - depth * bump(ms, 1000, halfMs) });

  it('is seen, and its height is where the eyes are closed most', () => {
    const [step] = record(blink(120), 2000).steps;
    expect(step).toMatchObject({ kind: 'blink' });
    expect(Math.abs(step!.peak - (REST_MS + 1000))).toBeLessThan(40);
  });

  it('is seen by a slow camera as long as one picture catches it', () => {
    expect(kinds(blink(150), 2000, 8)).toEqual(['blink']);
  });

  it('is no long look down, and no narrowing', () => {
    expect(kinds((ms) => ({ eyes: ms > 500 && ms < 1500 ? 0.3 : 1 }))).toEqual([]);
    expect(kinds(blink(120, 0.15))).toEqual([]);
  });

  it('is no wink', () => {
    expect(kinds((ms) => ({ eyes: [1, 1 - 0.95 * bump(ms, 1000, 120)] }))).toEqual([]);
  });

  it('does not count in a face that is turned or lowered', () => {
    const score =
      (pose: Pretended): Score =>
      (ms) => ({
        ...pose,
        eyes: 1 - 0.9 * bump(ms, 1000, 120),
      });
    expect(kinds(score({ pitch: -14 }))).toEqual([]);
    expect(kinds(score({ yaw: 25 }))).toEqual(['turn-left']);
  });
});

describe('a smile', () => {
  const smile =
    (width: number | readonly [number, number], holdMs = 800): Score =>
    (ms) => ({
      smile: ms > 300 && ms < 300 + holdMs ? width : 0,
    });

  it('widens the mouth on both sides and lasts a moment', () => {
    expect(kinds(smile(0.25))).toEqual(['smile']);
    expect(kinds(smile(0.08))).toEqual([]);
    expect(kinds(smile(0.25, 120))).toEqual([]);
    expect(kinds(smile([0.5, 0]))).toEqual([]);
  });

  it('counts once while it lasts', () => {
    expect(kinds((ms) => ({ smile: 0.25 + 0.03 * Math.sin(ms / 100) }), 3000)).toEqual(['smile']);
  });
});

describe('a nod', () => {
  const nod =
    (pitch: number, halfMs = 500): Score =>
    (ms) => ({ pitch: pitch * bump(ms, 800, halfMs) });

  it('goes down and comes back', () => {
    expect(kinds(nod(-18))).toEqual(['nod']);
    expect(kinds(nod(18))).toEqual([]);
    expect(kinds(nod(-7))).toEqual([]);
  });

  it('is not over before the head is up again', () => {
    expect(kinds((ms) => ({ pitch: -18 * Math.min(1, ms / 400) }))).toEqual([]);
  });

  it('is no slow look at the floor', () => {
    expect(kinds(nod(-18, 3000), 6000)).toEqual([]);
  });
});

describe('a free session', () => {
  it('reports everything that was performed, in order', () => {
    const score: Score = (ms) => ({
      yaw: 25 * bump(ms, 700, 450) - 25 * bump(ms, 2200, 450),
      eyes: 1 - 0.9 * bump(ms, 3500, 120),
      smile: 0.3 * bump(ms, 5000, 600),
      pitch: -18 * bump(ms, 7000, 450),
    });
    expect(kinds(score, 8500)).toEqual(['turn-left', 'turn-right', 'blink', 'smile', 'nod']);
  });

  it('forgets what had begun when the face was gone', () => {
    const before = Array.from({ length: 30 }, (_, i) => pretend(i * 33));
    const down = Array.from({ length: 10 }, (_, i) => pretend(990 + i * 33, { pitch: -2 * i }));
    const later = Array.from({ length: 20 }, (_, i) => pretend(2500 + i * 33));
    expect(detectSteps([...before, ...down, ...later]).steps).toEqual([]);
  });
});
