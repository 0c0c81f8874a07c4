import type { ChallengeStep } from '#contract';
import { AT_REST, type HeadState } from './animated-head.ts';

/** A step as a person does it: from rest, at its height from `peakStart` to `peakEnd`, and back at rest. Milliseconds. */
export interface PerformedStep {
  readonly step: ChallengeStep;
  readonly start: number;
  readonly peakStart: number;
  readonly peakEnd: number;
  readonly end: number;
}

/** What a person does in front of the camera, from the first moment at rest to the last. */
export interface Performance {
  readonly steps: readonly PerformedStep[];
  /** Milliseconds. */
  readonly duration: number;
  /** @param time in milliseconds from the start */
  readonly at: (time: number) => HeadState;
  /** What is never quite still, and moves a photograph in a hand as well. */
  readonly sway: (time: number) => Sway;
  /** How far a step has come at a time: 0 at rest, 1 at its height. @param index of the step */
  readonly share: (index: number, time: number) => number;
}

export type Sway = Pick<HeadState, 'yaw' | 'pitch' | 'roll' | 'x' | 'y'>;

/** Milliseconds at rest before the first step, between two, and at the end. */
const REST = { first: 1000, between: 600, last: 1800 };

/** Milliseconds that people take to begin a step and to end it, and to stay at its height. */
const PACE: Readonly<Record<ChallengeStep, { readonly move: number; readonly hold: number }>> = {
  'turn-left': { move: 380, hold: 350 },
  'turn-right': { move: 380, hold: 350 },
  blink: { move: 100, hold: 120 },
  smile: { move: 300, hold: 500 },
  nod: { move: 320, hold: 120 },
};

/**
 * A person doing these steps in this order, each a little as they please, and never quite still. It can be repeated
 * without a jump.
 * @param random numbers from 0 to 1
 */
export function perform(steps: readonly ChallengeStep[], random: () => number): Performance {
  const about = (value: number): number => value * (0.85 + 0.3 * random());
  let time = about(REST.first);
  const performed = steps.map((step) => {
    const start = time;
    const peakStart = start + about(PACE[step].move);
    const peakEnd = peakStart + about(PACE[step].hold);
    const end = peakEnd + about(PACE[step].move);
    time = end + about(REST.between);
    return { step, start, peakStart, peakEnd, end, height: heightOf(step, random) };
  });
  const duration = time + about(REST.last);
  const sway = [1, 2, 3, 4, 5, 9, 7].map((k) => ({ turns: k + Math.round(2 * random()), phase: random() }));
  const swaying = (i: number, size: number, at: number): number =>
    size * Math.sin(2 * Math.PI * (sway[i]!.turns * (at / duration) + sway[i]!.phase));
  const swayAt = (at: number): Sway => ({
    yaw: swaying(0, 2, at),
    pitch: swaying(1, 1.5, at),
    roll: swaying(2, 1, at),
    x: swaying(3, 3, at),
    y: swaying(4, 2, at),
  });
  const share = (i: number, at: number): number => {
    const { start, peakStart, peakEnd, end } = performed[i] as PerformedStep;
    return Math.min(smooth((at - start) / (peakStart - start)), smooth((end - at) / (end - peakEnd)));
  };
  return {
    steps: performed,
    duration,
    share,
    sway: swayAt,
    at: (at) => {
      // A face is never quite without expression either.
      const state = {
        ...AT_REST,
        ...swayAt(at),
        eyesClosed: 0.08 + swaying(5, 0.08, at),
        smile: 0.1 + swaying(6, 0.1, at),
      };
      for (const [i, { height }] of performed.entries()) {
        for (const [name, value] of Object.entries(height)) {
          state[name as keyof HeadState] += share(i, at) * value;
        }
      }
      return { ...state, eyesClosed: Math.min(1, state.eyesClosed) };
    },
  };
}

/** How far people go: the picture's left and right are the camera's, a step's the visitor's own. */
function heightOf(step: ChallengeStep, random: () => number): Partial<HeadState> {
  const between = (low: number, high: number): number => low + (high - low) * random();
  const heights: Readonly<Record<ChallengeStep, Partial<HeadState>>> = {
    'turn-left': { yaw: between(18, 24), pitch: between(-2, 2), roll: between(-2, 2) },
    'turn-right': { yaw: -between(18, 24), pitch: between(-2, 2), roll: between(-2, 2) },
    blink: { eyesClosed: 1, pitch: between(-1, 0) },
    smile: { smile: between(0.85, 1), pitch: between(-1, 1) },
    nod: { pitch: -between(15, 19), yaw: between(-1, 1) },
  };
  return heights[step];
}

/** 0 before 0, 1 after 1, without a jerk in between. */
function smooth(t: number): number {
  const clamped = Math.min(1, Math.max(0, t));
  return clamped * clamped * (3 - 2 * clamped);
}
