import { describe, expect, it } from 'vitest';
import { CHALLENGE_STEPS, movesHead, type ChallengeStep } from '#contract';
import { drawChallenge, kindsLeft } from './draw-challenge.ts';

const many = (allowed: readonly ChallengeStep[], avoid: readonly ChallengeStep[] = []) =>
  Array.from({ length: 300 }, () => drawChallenge(kindsLeft(allowed, avoid)));

describe('a challenge', () => {
  it('has two or three steps, no step twice running, and turns the head', () => {
    for (const challenge of many(CHALLENGE_STEPS)) {
      expect([2, 3]).toContain(challenge.length);
      expect(challenge.every((step, i) => step !== challenge[i - 1])).toBe(true);
      expect(challenge.some((step) => ['turn-left', 'turn-right', 'nod'].includes(step))).toBe(true);
    }
  });

  it('cannot be foreseen', () => {
    const drawn = new Set(many(CHALLENGE_STEPS).map((challenge) => challenge.join()));
    // Of 96 that are possible; fewer than 60 in 300 draws would be less likely than 1 in 10^12.
    expect(drawn.size).toBeGreaterThan(60);
  });

  it('leaves out what is not allowed and what the visitor cannot do', () => {
    const steps = new Set(many(['turn-left', 'blink', 'smile', 'nod'], ['nod']).flat());
    expect(steps).toEqual(new Set(['turn-left', 'blink', 'smile']));
  });

  it('leaves out what was not seen of the visitor, where enough other kinds are left', () => {
    expect(kindsLeft(CHALLENGE_STEPS, [], ['smile', 'blink'])).toEqual(['turn-left', 'turn-right', 'nod']);
    expect(kindsLeft(CHALLENGE_STEPS, ['nod', 'blink'], ['smile'])).toEqual([
      'turn-left',
      'turn-right',
      'smile',
    ]);
    expect(kindsLeft(['blink', 'smile', 'nod'], [], ['nod'])).toEqual(['blink', 'smile', 'nod']);
  });

  it('is of two kinds where the operator allows no more, and the visitor can do both', () => {
    expect(new Set(many(['turn-left', 'blink'], ['nod']).flat())).toEqual(new Set(['turn-left', 'blink']));
  });

  it('moves the head where the kiosk may ask for it, whatever the visitor avoids', () => {
    const subsets = CHALLENGE_STEPS.reduce<ChallengeStep[][]>(
      (all, step) => [...all, ...all.map((some) => [...some, step])],
      [[]],
    );
    const left = (allowed: ChallengeStep[], avoid: ChallengeStep[]): ChallengeStep[] | null => {
      try {
        return kindsLeft(allowed, avoid);
      } catch {
        return null;
      }
    };
    for (const allowed of subsets.filter((some) => some.some(movesHead))) {
      for (const avoid of subsets) expect(left(allowed, avoid)?.some(movesHead) ?? true).toBe(true);
    }
  });

  it.each([
    [['turn-left', 'blink'] as const, ['blink'] as const],
    [['turn-left', 'blink'] as const, ['turn-left', 'blink'] as const],
    [['turn-left', 'blink', 'nod'] as const, ['blink'] as const],
    [CHALLENGE_STEPS, ['blink', 'nod', 'smile'] as const],
  ])('is impossible when %j is allowed and %j avoided', (allowed, avoid) => {
    expect(() => kindsLeft(allowed, avoid)).toThrow(
      expect.objectContaining({ code: 'challenge-impossible' }),
    );
  });
});
