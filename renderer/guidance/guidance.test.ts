import { describe, expect, it } from 'vitest';
import type { SeenFace } from './geometry.ts';
import { evaluate, follow, type Guidance, NO_GUIDANCE, type Scene } from './guidance.ts';

const IMAGE = { width: 300, height: 400 };
const FRAME_MS = 33;

interface Pose {
  readonly x?: number;
  readonly y?: number;
  readonly height?: number;
  readonly yaw?: number;
}

function face({ x = 0.5, y = 0.48, height = 0.45, yaw = 0 }: Pose = {}): SeenFace {
  const [c, s] = [Math.cos((yaw * Math.PI) / 180), Math.sin((yaw * Math.PI) / 180)];
  const width = height * 0.8;
  return {
    landmarks: [
      { x: x - width / 2, y: y - height / 2 },
      { x: x + width / 2, y: y + height / 2 },
    ],
    matrix: [c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, 0, 0, 0, 1],
  };
}

const scene = (
  faces: readonly SeenFace[],
  luma: number | null = 120,
  surround: number | null = null,
): Scene => ({ faces, image: IMAGE, luma, surround });

/** Follows a scene for some time, frame by frame. */
function watch(from: Guidance, startAt: number, forMs: number, sceneAt: (ms: number) => Scene): Guidance {
  let guidance = from;
  for (let ms = 0; ms <= forMs; ms += FRAME_MS) guidance = follow(guidance, sceneAt(ms), startAt + ms);
  return guidance;
}

describe('evaluate', () => {
  it.each([
    ['no-face', scene([])],
    ['too-dark', scene([], 12)],
    ['no-face', scene([], 30)],
    ['too-dark', scene([face()], 20)],
    ['too-dark', scene([face()], 20, 40)],
    ['backlit', scene([face()], 20, 41)],
    ['hold-still', scene([face()], 60, 200)],
    ['several-faces', scene([face({ x: 0.3 }), face({ x: 0.7, height: 0.4 })])],
    ['come-closer', scene([face({ height: 0.2 })])],
    ['step-back', scene([face({ height: 0.85 })])],
    ['centre', scene([face({ x: 0.75 })])],
    ['centre', scene([face({ y: 0.2, height: 0.45 })])],
    ['look-straight', scene([face({ yaw: 25 })])],
    ['look-straight', scene([face({ yaw: -25 })])],
    ['hold-still', scene([face()])],
  ] as const)('says %s', (code, seen) => {
    expect(evaluate(seen, false)).toBe(code);
  });

  it('takes no notice of people far behind the visitor', () => {
    expect(evaluate(scene([face(), face({ x: 0.9, height: 0.15 })]), false)).toBe('hold-still');
  });

  it('does not guess at brightness that was not measured', () => {
    expect(evaluate(scene([face()], null), false)).toBe('hold-still');
  });

  it('is stricter with a face that comes than with one that is there', () => {
    const atTheLimit = scene([face({ yaw: 23 })]);
    expect(evaluate(atTheLimit, false)).toBe('look-straight');
    expect(evaluate(atTheLimit, true)).toBe('hold-still');
  });
});

describe('follow', () => {
  it('shows a new code only when it lasts', () => {
    const standing = watch(NO_GUIDANCE, 1000, 1000, () => scene([face()]));
    expect(standing.code).toBe('hold-still');
    const missedFrame = follow(standing, scene([]), 2033);
    expect(missedFrame.code).toBe('hold-still');
    expect(missedFrame.good).toBe(false);
    expect(watch(missedFrame, 2066, 400, () => scene([])).code).toBe('no-face');
  });

  it('asks no visitor to come who stands there', () => {
    const codes: string[] = [];
    let guidance = watch(NO_GUIDANCE, 0, 2_000, () => scene([]));
    // Further away at first: what is shown changes before it has lasted.
    for (const height of [0.2, 0.2, 0.3, 0.4, 0.8, 0.8, 0.4]) {
      guidance = follow(guidance, scene([face({ height })]), 2_000 + 100 * codes.length);
      codes.push(guidance.code);
    }
    expect(codes.slice(1)).not.toContain('no-face');
    expect(codes[0]).toBe('no-face');
  });

  it('knows another face that takes the place of one, and one that left for a moment only', () => {
    const first = watch(NO_GUIDANCE, 1_000, 500, () => scene([face({ x: 0.5 })]));
    expect(first.arrivedAt).toBe(1_000);
    const swayed = follow(first, scene([face({ x: 0.55 })]), 1_530);
    expect(swayed.arrivedAt).toBe(1_000);
    const other = follow(swayed, scene([face({ x: 0.2 })]), 1_563);
    expect(other.arrivedAt).toBe(1_563);
    const gone = watch(other, 1_600, 500, () => scene([]));
    expect(follow(gone, scene([face({ x: 0.2 })]), 2_200).arrivedAt).toBe(1_563);
    const left = watch(other, 1_600, 900, () => scene([]));
    expect(follow(left, scene([face({ x: 0.2 })]), 2_500).arrivedAt).toBe(2_500);
  });

  it('does not flicker when the face trembles around a limit', () => {
    let guidance = watch(NO_GUIDANCE, 0, 500, () => scene([face()]));
    const shown = new Set<string>();
    for (let ms = 0; ms < 3000; ms += FRAME_MS) {
      const yaw = 20 + 5 * Math.sin(ms);
      guidance = follow(guidance, scene([face({ yaw })]), 600 + ms);
      shown.add(guidance.code);
    }
    expect([...shown]).toEqual(['hold-still']);
  });

  it('counts a calm face as good from its second picture on', () => {
    const first = follow(NO_GUIDANCE, scene([face()]), 100);
    expect(first.goodSince).toBeNull();
    const second = follow(first, scene([face({ x: 0.501 })]), 133);
    expect(second.goodSince).toBe(133);
    expect(follow(second, scene([face({ x: 0.502 })]), 166).goodSince).toBe(133);
  });

  it('does not take a moving face for a good one', () => {
    const moving = watch(NO_GUIDANCE, 0, 600, (ms) => scene([face({ x: 0.4 + ms * 0.0004 })]));
    expect(moving.code).toBe('hold-still');
    expect(moving.good).toBe(false);
    expect(moving.goodSince).toBeNull();
  });

  it('knows whether someone is near', () => {
    expect(follow(NO_GUIDANCE, scene([face({ height: 0.1 })]), 10).present).toBe(false);
    expect(follow(NO_GUIDANCE, scene([face({ height: 0.2 })]), 10).present).toBe(true);
  });
});
