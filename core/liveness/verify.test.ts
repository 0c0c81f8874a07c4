import { describe, expect, it } from 'vitest';
import type { ChallengeStep, VisitMoment } from '#contract';
import { seeded } from '#core/matching';
import type { AnalysedFace } from '#core/recognition';
import {
  verifyLiveness,
  type EvidenceFrame,
  type FrameTrace,
  type LivenessSession,
  type LivenessVerdict,
} from './index.ts';
import { LIMITS } from './limits.ts';
import { printDifference } from './prints.ts';
import { modelFace, type Look } from './testing/model-head.ts';

/** What a copy is recompressed by, in values of 0..255. */
const NOISE = 1;
const SAME_PERSON = { frontal: 0.34, turned: 0.25 };

/** How a person does each step. */
const DONE: Readonly<Record<ChallengeStep, Look>> = {
  'turn-left': { yaw: 22 },
  'turn-right': { yaw: -22 },
  blink: { eyes: 0.4 },
  smile: { mouth: 1.2 },
  nod: { pitch: -16 },
};

interface Shot {
  readonly moment: VisitMoment;
  readonly face: AnalysedFace | null;
}

const shot = (moment: VisitMoment, take: number, look: Look = {}, who = 0): Shot => ({
  moment,
  face: modelFace(look, who, take),
});

/** A live visit: two frames at rest, one of each step, three frontal ones; one every second. */
function shots(challenge: readonly ChallengeStep[], doing = DONE): Shot[] {
  const moments: [VisitMoment, Look][] = [
    [{ kind: 'baseline' }, {}],
    [{ kind: 'baseline' }, {}],
    ...challenge.map((step, i): [VisitMoment, Look] => [{ kind: 'step', step: i }, doing[step]]),
    [{ kind: 'frontal' }, {}],
    [{ kind: 'frontal' }, {}],
    [{ kind: 'frontal' }, {}],
  ];
  return moments.map(([moment, look], i) => shot(moment, i, look));
}

const frame = ({ moment, face }: Shot, i: number): EvidenceFrame => ({
  moment,
  capturedAt: 70_000 + 1_000 * i,
  arrivedAt: null,
  digest: String(i),
  analysis: { face, others: [], luma: 110 },
});

function verify(
  challenge: readonly ChallengeStep[],
  taken: readonly Shot[],
  change: (session: LivenessSession) => Partial<LivenessSession> = () => ({}),
): LivenessVerdict {
  const session: LivenessSession = {
    challenge,
    stepMs: 8_000,
    openedAt: 5_000,
    submittedAt: 15_000,
    frames: taken.map(frame),
    earlier: [],
  };
  return verifyLiveness({ ...session, ...change(session) }, SAME_PERSON);
}

const CHALLENGE: ChallengeStep[] = ['turn-left', 'blink'];
const live = shots(CHALLENGE);
/** The live visit with some shots replaced. */
const but = (...changes: [number, Shot][]): Shot[] => live.map((s, i) => new Map(changes).get(i) ?? s);
const step = (number: number): VisitMoment => ({ kind: 'step', step: number });

describe('a live visit', () => {
  it.each([
    [['turn-left', 'turn-right', 'blink']],
    [['smile', 'nod']],
    [['blink', 'smile', 'turn-right']],
    [['nod', 'turn-left', 'nod']],
  ] as [ChallengeStep[]][])('that does %j passes', (challenge) => {
    const { passed, reasons, scores } = verify(challenge, shots(challenge));
    expect({ passed, reasons }).toEqual({ passed: true, reasons: [] });
    expect(scores.steps.map(({ step, reason }) => [step, reason])).toEqual(challenge.map((s) => [s, null]));
    expect(scores).toMatchObject({
      span: 1_000 * (challenge.length + 4),
      passive: expect.closeTo(0.9) as number,
    });
  });

  it('passes on the one frame of a step that shows it', () => {
    const twice = live.toSpliced(2, 0, shot(step(0), 20, { yaw: 9 }));
    expect(verify(CHALLENGE, twice)).toMatchObject({ passed: true });
  });

  it('gives the same verdict each time', () => {
    expect(verify(CHALLENGE, live)).toEqual(verify(CHALLENGE, live));
  });
});

describe('steps', () => {
  it.each<[ChallengeStep, Look]>([
    ['turn-left', { yaw: -22 }],
    ['turn-left', { yaw: 9 }],
    ['turn-right', { yaw: 22 }],
    ['nod', { pitch: 16 }],
    ['nod', { pitch: -3 }],
    ['blink', {}],
    ['smile', { mouth: 1.04 }],
  ])('%s is not %j', (asked, look) => {
    const { passed, reasons } = verify([asked, 'blink'], shots([asked, 'blink'], { ...DONE, [asked]: look }));
    expect(passed).toBe(false);
    expect(reasons).toContain('step-missing');
  });

  it.each<[ChallengeStep, Look]>([
    ['blink', { eyes: 0.4, yaw: 14 }],
    ['smile', { mouth: 1.3, pitch: -16 }],
  ])('%s with a head that moves (%j) may be a picture that bends', (asked, look) => {
    const verdict = verify(['turn-left', asked], shots(['turn-left', asked], { ...DONE, [asked]: look }));
    expect(verdict.reasons).toEqual(['not-a-head']);
  });

  it('that the frames do not show are named', () => {
    const { missed } = verify(
      ['turn-left', 'smile', 'blink'],
      shots(['turn-left', 'smile', 'blink'], { ...DONE, smile: {} }),
    );
    expect(missed).toEqual(['smile']);
    expect(verify(CHALLENGE, live).missed).toEqual([]);
  });

  it('of a flat picture are none', () => {
    const flat = shots(['turn-left', 'nod'], {
      ...DONE,
      'turn-left': { yaw: 40, depth: 0 },
      nod: { pitch: -40, depth: 0 },
    }).map((s, i) => (i === 2 || i === 3 ? s : shot(s.moment, i, { depth: 0 })));
    expect(verify(['turn-left', 'nod'], flat).passed).toBe(false);
  });

  it.each<[string, Shot[]]>([
    ['are left out', live.toSpliced(3, 1)],
    [
      'come in another order',
      [
        live[0]!,
        live[1]!,
        shot(step(1), 2, DONE.blink),
        shot(step(0), 3, DONE['turn-left']),
        ...live.slice(4),
      ],
    ],
    ['were not asked for', live.toSpliced(4, 0, shot(step(2), 30, DONE.smile))],
    ['come before the face at rest', [live[2]!, live[0]!, live[1]!, ...live.slice(3)]],
    ['have no face at rest before them', live.slice(2)],
    ['have no frontal face after them', live.slice(0, 4)],
  ])('that %s are missing', (_, taken) => {
    expect(verify(CHALLENGE, taken).reasons).toContain('step-missing');
  });

  it('take longer than a reaction and no longer than the time for them', () => {
    const at = (times: readonly number[]) =>
      verify(CHALLENGE, live, ({ frames }) => ({
        submittedAt: 60_000,
        frames: frames.map((f, i) => ({ ...f, capturedAt: times[i]! })),
      }));
    expect(at([0, 400, 700, 1_100, 1_500, 1_900, 2_300])).toMatchObject({ passed: true });
    expect(at([0, 400, 600, 1_100, 1_500, 1_900, 2_300]).reasons).toEqual(['step-missing']);
    expect(at([0, 400, 10_400, 20_400, 21_000, 21_400, 21_800])).toMatchObject({ passed: true });
    expect(at([0, 400, 10_401, 20_000, 21_000, 21_400, 21_800]).reasons).toEqual(['step-missing']);
  });
});

describe('frames', () => {
  it('rise in time and fit into the session', () => {
    const change = (to: Partial<LivenessSession>) => verify(CHALLENGE, live, () => to).reasons;
    expect(change({ submittedAt: 5_000 + 6_000 })).toEqual([]);
    expect(change({ submittedAt: 5_000 + 5_800 })).toEqual(['frames-not-genuine']);
    const still = live.map(frame).map((f, i) => (i === 6 ? { ...f, capturedAt: 75_000 } : f));
    expect(change({ frames: still })).toContain('frames-not-genuine');
  });

  it('arrive one after the other, as soon as they were captured', () => {
    /** Each frame comes so many milliseconds after it was captured; the first is captured a second after the beginning. */
    const delayed = (delays: readonly number[], change: Partial<LivenessSession> = {}) =>
      verify(CHALLENGE, live, ({ frames }) => ({
        openedAt: 5_000,
        submittedAt: 20_000,
        frames: frames.map((f, i) => ({ ...f, arrivedAt: 6_000 + 1_000 * i + delays[i]! })),
        ...change,
      })).reasons;
    expect(delayed([50, 60, 1_500, 900, 40, 40, 40])).toEqual([]);
    expect(delayed([0, 0, 4_000, 0, 0, 0, 0])).toEqual([]);
    expect(delayed([0, 0, 4_001, 0, 0, 0, 0])).toEqual(['frames-not-genuine']);
    // All at the end: what claims to have been captured first waited too long.
    expect(delayed([6_000, 5_000, 4_000, 3_000, 2_000, 1_000, 0])).toEqual(['frames-not-genuine']);
    // The third frame claims two seconds since the first, and came a second and a half after the visit was begun.
    expect(delayed([0, 0, -1_500, -1_500, -1_500, -1_500, -1_500])).toEqual(['frames-not-genuine']);
    expect(delayed([0, 0, 0, 0, 0, 0, 0], { openedAt: 6_101 })).toEqual(['frames-not-genuine']);
  });

  it('may be frontal between the steps, once the face was seen at rest, and are so at the end', () => {
    const frontal = (take: number): Shot => shot({ kind: 'frontal' }, take);
    const between = [
      live[0]!,
      live[1]!,
      frontal(20),
      live[2]!,
      frontal(21),
      live[3]!,
      live[4]!,
      live[5]!,
      live[6]!,
    ];
    expect(verify(CHALLENGE, between).reasons).toEqual([]);
    expect(verify(CHALLENGE, [frontal(20), ...live]).reasons).toEqual(['step-missing']);
    expect(verify(CHALLENGE, between.slice(0, 6)).reasons).toEqual(['step-missing']);
    expect(verify(CHALLENGE, [...between, live[3]!]).reasons).toContain('step-missing');
  });

  it('do not lengthen the time of a step by a frontal one before it', () => {
    const frontal = shot({ kind: 'frontal' }, 20);
    const taken = [live[0]!, live[1]!, frontal, ...live.slice(2)];
    const at = (times: readonly number[]) =>
      verify(CHALLENGE, taken, ({ frames }) => ({
        submittedAt: 60_000,
        frames: frames.map((f, i) => ({ ...f, capturedAt: times[i]! })),
      })).reasons;
    expect(at([0, 400, 10_000, 10_400, 10_900, 11_300, 11_700, 12_100])).toEqual([]);
    expect(at([0, 400, 10_000, 10_401, 10_900, 11_300, 11_700, 12_100])).toEqual(['step-missing']);
    expect(at([0, 400, 1_000, 1_249, 1_900, 2_300, 2_700, 3_100])).toEqual(['step-missing']);
  });

  it('are all frontal where no steps are asked for, and then only need to be genuine and of one person', () => {
    const alone = [shot({ kind: 'frontal' }, 1), shot({ kind: 'frontal' }, 2)];
    const flat = alone.map(({ moment, face }) => ({
      moment,
      face: { ...face!, passive: { ...face!.passive!, live: 0.01 } },
    }));
    expect(verify([], flat)).toMatchObject({ passed: true, reasons: [] });
    expect(verify([], live).reasons).toEqual(['step-missing']);
    expect(verify([], [alone[0]!, { ...alone[0]! }]).reasons).toEqual([
      'frames-not-genuine',
      'frames-frozen',
    ]);
  });

  it('are not copies of each other, whatever their bytes', () => {
    const copied = but([6, { ...live[6]!, face: modelFace({}, 0, 5) }]);
    expect(verify(CHALLENGE, copied).reasons).toEqual(['frames-not-genuine', 'frames-frozen']);
  });

  it('may be alike by chance in one pair, and repeat themselves in two', () => {
    const nearly = (of: number): AnalysedFace => {
      const face = live[of]!.face!;
      const random = seeded(of);
      const print = face.passive!.print.map((value) => value + NOISE * (2 * random() - 1));
      return { ...face, passive: { ...face.passive!, print } };
    };
    const least = printDifference(live[0]!.face!.passive!.print, nearly(0).passive!.print);
    expect(least).toBeGreaterThan(LIMITS.difference.any);
    expect(least).toBeLessThan(LIMITS.difference.apart);
    const once = but([5, { ...live[5]!, face: nearly(0) }]);
    expect(verify(CHALLENGE, once).reasons).toEqual([]);
    const twice = but([5, { ...live[5]!, face: nearly(0) }], [6, { ...live[6]!, face: nearly(1) }]);
    expect(verify(CHALLENGE, twice).reasons).toEqual(['frames-not-genuine', 'frames-looped']);
  });

  it('did not come in an earlier visit, neither their bytes nor what they show', () => {
    const { print } = modelFace({}, 0, 5).passive!;
    for (const trace of [
      { digest: '3', print: null },
      { digest: 'other bytes', print },
    ]) {
      expect(verify(CHALLENGE, live, () => ({ earlier: [trace] })).reasons).toEqual(['frames-not-genuine']);
    }
    expect(verify(CHALLENGE, live, () => ({ earlier: [{ digest: 'x', print: null }] })).passed).toBe(true);
  });

  it('did not come in an earlier visit, even where noise was laid over all of it', () => {
    const noisy = (strength: number): FrameTrace[] =>
      live.map(({ face }, i) => {
        const random = seeded(i + 1);
        const print = face!.passive!.print.map((value) => value + strength * (2 * random() - 1));
        return { digest: `noisy ${i}`, print };
      });
    const least = printDifference(live[0]!.face!.passive!.print, noisy(10)[0]!.print!);
    expect(least).toBeGreaterThan(LIMITS.difference.replayed);
    expect(least).toBeLessThan(LIMITS.difference.recoded.nearest);
    expect(verify(CHALLENGE, live, () => ({ earlier: noisy(10) })).reasons).toEqual(['frames-not-genuine']);
    expect(verify(CHALLENGE, live, () => ({ earlier: noisy(40) })).passed).toBe(true);
    // A single frame alone has no visit to be compared with, and may come near.
    const [one] = live;
    const alone = [{ ...one!, moment: { kind: 'frontal' } as const }];
    expect(verify([], alone, () => ({ earlier: noisy(10) })).reasons).toEqual([]);
  });

  it('show one person throughout, and one only', () => {
    for (const i of [0, 2, 6]) {
      const face = live[i]!.face!;
      const template = modelFace({}, 1).template;
      expect(verify(CHALLENGE, but([i, { ...live[i]!, face: { ...face, template } }])).reasons).toEqual([
        'different-people',
      ]);
    }
  });

  it('show one person throughout, of whom a turned head is like the frontal ones in the middle', () => {
    const [left, right, other] = [0, 1, 2].map((who) => modelFace({}, who).template);
    // Each of both sides is like the face from the front, and neither like the other.
    const front = left!.map((value, i) => (value + right![i]!) * Math.SQRT1_2);
    const turns = (toTheRight: Float32Array): Shot[] =>
      shots(['turn-left', 'turn-right']).map((s, i) => ({
        ...s,
        face: { ...s.face!, template: i === 2 ? left! : i === 3 ? toTheRight : front },
      }));
    expect(verify(['turn-left', 'turn-right'], turns(right!)).reasons).toEqual([]);
    expect(verify(['turn-left', 'turn-right'], turns(other!)).reasons).toEqual(['different-people']);
  });

  it.each<[string, readonly number[], number, number, boolean]>([
    ['passes behind in one picture', [3], 180, 0.9, true],
    ['stands beside in two', [3, 5], 180, 0.9, false],
    ['is nearly as near in one', [3], 220, 0.9, false],
    ['stands far behind in all', [0, 1, 2, 3, 4, 5, 6], 140, 0.9, true],
    ['may be part of the wall', [3, 5], 220, 0.74, true],
  ])('of a visitor where another person %s', (_, where, height, confidence, passes) => {
    const beside = { confidence, boundingBox: { x: 0, y: 0, width: 160, height } };
    const two = live
      .map(frame)
      .map((f, i) => (where.includes(i) ? { ...f, analysis: { ...f.analysis, others: [beside] } } : f));
    expect(verify(CHALLENGE, live, () => ({ frames: two })).reasons).toEqual(passes ? [] : ['several-faces']);
  });

  it('of a visitor may show somebody who passes in less than a quarter of a long visit', () => {
    const beside = { confidence: 0.9, boundingBox: { x: 0, y: 0, width: 160, height: 180 } };
    const steps: ChallengeStep[] = ['turn-left', 'blink', 'turn-right', 'smile', 'nod'];
    const long = shots(steps);
    const reasons = (where: readonly number[]) =>
      verify(steps, long, ({ frames }) => ({
        frames: frames.map((f, i) =>
          where.includes(i) ? { ...f, analysis: { ...f.analysis, others: [beside] } } : f,
        ),
      })).reasons;
    expect(long).toHaveLength(10);
    expect(reasons([3, 4])).toEqual([]);
    expect(reasons([3, 4, 5])).toEqual(['several-faces']);
  });

  it('each show a face, and at rest one that can be measured', () => {
    expect(verify(CHALLENGE, but([5, { ...live[5]!, face: null }])).reasons).toEqual(['no-face']);
    const aside = but(
      [0, shot({ kind: 'baseline' }, 40, { yaw: 24 })],
      [1, shot({ kind: 'baseline' }, 41, { yaw: 24 })],
    );
    expect(verify(CHALLENGE, aside).reasons).toEqual(['poor-quality']);
  });

  it.each<[ChallengeStep[], boolean]>([
    [['blink', 'smile'], false],
    [['turn-left', 'blink'], true],
  ])('that look like a screen to the network pass %j only by depth: %s', (challenge, passes) => {
    const shown = shots(challenge).map(({ moment, face }) => ({
      moment,
      face: { ...face!, passive: { ...face!.passive!, live: 0.01 } },
    }));
    const { passed, reasons } = verify(challenge, shown);
    expect({ passed, reasons }).toEqual({ passed: passes, reasons: passes ? [] : ['presentation-attack'] });
  });
});
