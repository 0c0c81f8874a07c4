import { describe, expect, it } from 'vitest';
import { LightChallenge, LIGHT_COLOURS, lightDuration, type LightSlot } from '#contract';
import { seeded } from '#core/matching';
import { toLinear, type Colour } from '#core/recognition';
import { drawLight } from './draw.ts';
import { hazardsOf } from './safety.ts';
import { FLAT, HEAD, litFrames, type Lit } from './testing/lit-face.ts';
import { verifyLight } from './verify.ts';

const drawn = (seed: number): LightSlot[] => {
  const random = seeded(seed);
  return drawLight((end) => Math.floor(random() * end));
};
const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1);

describe('drawLight', () => {
  it('draws what the contract allows, in two seconds at most, without a hazard', () => {
    for (let i = 0; i < 200; i++) {
      const slots = drawLight();
      expect(LightChallenge.parse(slots)).toEqual(slots);
      expect(lightDuration(slots)).toBeLessThanOrEqual(2000);
      expect(hazardsOf(slots)).toEqual([]);
    }
  });

  it('hardly ever draws the same twice', () => {
    const all = Array.from({ length: 500 }, () => JSON.stringify(drawLight()));
    expect(new Set(all).size).toBe(500);
  });
});

describe('hazardsOf', () => {
  const slot = (colour: LightSlot['colours'][0], milliseconds: number): LightSlot => ({
    split: 'whole',
    colours: [colour, colour],
    milliseconds,
  });
  const blinking = (milliseconds: number): LightSlot[] =>
    Array.from({ length: 8 }, (_, i) => slot(i % 2 === 0 ? 'white' : 'dark', milliseconds));

  it('knows flashes by their rate', () => {
    expect(hazardsOf(blinking(140))).toContain('flashes');
    expect(hazardsOf(blinking(200))).toEqual([]);
  });

  it('counts flashes of one half', () => {
    const half = blinking(140).map((one): LightSlot => ({
      ...one,
      split: 'left-right',
      colours: ['white', one.colours[0]],
    }));
    expect(hazardsOf(half)).toContain('flashes');
  });

  it('does not count what hardly changes, or is bright all the while', () => {
    const grey = (value: number): Colour => [value, value, value];
    const between = (a: number, b: number) => (one: LightSlot) => [grey(one.colours[0] === 'white' ? a : b)];
    expect(hazardsOf(blinking(140), between(1, 0.82))).toEqual(['too-fast']);
    expect(hazardsOf(blinking(140), between(0.3, 0.25))).toEqual(['too-fast']);
    expect(hazardsOf(blinking(140), between(0.4, 0.25))).toContain('flashes');
  });

  it('refuses what changes more often than a flash may, whatever it shows', () => {
    expect(hazardsOf([slot('white', 160)])).toContain('too-fast');
  });

  it('refuses a saturated red, which the palette has none of', () => {
    const saturated: Colour = [toLinear(230), toLinear(60), toLinear(60)];
    expect(hazardsOf([slot('white', 300)], () => [saturated])).toEqual(['saturated-red']);
    for (const [red, green, blue] of Object.values(LIGHT_COLOURS).map((c) => c.map(toLinear))) {
      expect(red! / (red! + green! + blue!)).toBeLessThan(0.8);
    }
  });
});

describe('verifyLight', () => {
  const head: Lit = { gain: 0.2, shares: HEAD, delay: 90 };
  const reasons = (lit: Partial<Lit>): (string | null)[] =>
    SEEDS.map((seed) => {
      const slots = drawn(seed);
      return verifyLight({ slots, frames: litFrames(slots, { ...head, ...lit }, seeded(seed)) }).reason;
    });

  it('finds the light on a head, whatever room there is', () => {
    for (const gain of [0.8, 0.1, 0.03]) expect(new Set(reasons({ gain }))).toEqual(new Set([null]));
  });

  it('finds it while the camera changes exposure and white balance', () => {
    const camera = (at: number): Colour => [
      1 + 0.3 * Math.sin(at / 200),
      1 + 0.2 * Math.sin(at / 200),
      1 + 0.2 * Math.cos(at / 90),
    ];
    expect(new Set(reasons({ camera }))).toEqual(new Set([null]));
  });

  it('finds none on a face that does not answer', () => {
    expect(reasons({ gain: 0 }).every((reason) => reason === 'light-missing')).toBe(true);
  });

  it('cannot tell where a sway hides what a bright room leaves of the light, and does not say that there is none', () => {
    const swaying = SEEDS.map((seed) => {
      const [slots, random] = [drawn(seed), seeded(seed + 100)];
      const frames = litFrames(slots, { ...head, gain: 0.012 }, random).map(({ at, colours }) => {
        const turned = 1 + 0.012 * (2 * random() - 1);
        const regions = Object.entries(colours.regions).map(([region, colour]) => [
          region,
          colour && colour.map((value) => value * turned * (1 + 0.003 * (2 * random() - 1))),
        ]);
        return {
          at,
          colours: { ...colours, regions: Object.fromEntries(regions) as typeof colours.regions },
        };
      });
      return verifyLight({ slots, frames }).reason;
    });
    expect(swaying).not.toContain('light-missing');
    expect(swaying).toContain('light-unclear');
  });

  it('refuses the light of another sequence', () => {
    const found = SEEDS.map((seed) => {
      const frames = litFrames(drawn(seed + 1000), head, seeded(seed));
      return verifyLight({ slots: drawn(seed), frames }).reason;
    });
    expect(found).not.toContain(null);
  });

  it('knows the light of another sequence, though by chance it agrees with this one', () => {
    for (const seed of [2, 213, 788, 1200]) {
      const frames = litFrames(drawn(seed + 5000), head, seeded(seed));
      const { reason, scores } = verifyLight({ slots: drawn(seed), frames });
      expect(scores.match).toBeGreaterThan(0.85);
      expect(scores.rivalry).toBeGreaterThan(0.06);
      expect(reason).toBe('light-unclear');
    }
  });

  it('cannot tell by frames that show one moment', () => {
    const slots = drawn(1);
    const frames = litFrames(slots, head, seeded(1)).map((frame) => ({ ...frame, at: 300 }));
    expect(verifyLight({ slots, frames }).reason).toBe('light-unclear');
  });

  it('refuses frames in another order', () => {
    const slots = drawn(3);
    const frames = litFrames(slots, head, seeded(3));
    const turned = frames.map(({ at }, i) => ({ at, colours: frames.at(-1 - i)!.colours }));
    expect(verifyLight({ slots, frames: turned }).reason).not.toBeNull();
  });

  it('refuses an answer that comes too late', () => {
    expect(new Set(reasons({ delay: 390 }))).toEqual(new Set(['light-late']));
  });

  it('refuses a flat picture, and a head that is lit from the wrong side', () => {
    const swapped = { ...HEAD, leftCheek: HEAD.rightCheek, rightCheek: HEAD.leftCheek };
    for (const shares of [FLAT, swapped]) expect(reasons({ shares })).not.toContain(null);
  });

  it('refuses glass, which answers where the picture is dark as well', () => {
    expect(new Set(reasons({ glossy: true }))).toEqual(new Set(['light-glossy']));
  });

  it('cannot tell with few frames, no background, or skin too bright for the camera', () => {
    const slots = drawn(1);
    const frames = litFrames(slots, head, seeded(1));
    const with_ = (change: object) =>
      frames.map(({ at, colours }) => ({ at, colours: { ...colours, ...change } }));
    for (const some of [frames.slice(0, 9), with_({ background: [] }), with_({ clipped: 0.5 })]) {
      expect(verifyLight({ slots, frames: some }).reason).toBe('light-unclear');
    }
  });
});
