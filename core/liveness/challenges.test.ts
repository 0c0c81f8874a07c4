import { beforeEach, describe, expect, it } from 'vitest';
import { CHALLENGE_STEPS, type ChallengeStep } from '#contract';
import { createChallenges, type Challenges } from './challenges.ts';

const KEEP_MS = 60_000;

let time: number;
let draws: ChallengeStep[][];
let challenges: Challenges;
const next = (...avoid: ChallengeStep[]): ChallengeStep[] => challenges.next(CHALLENGE_STEPS, avoid);

beforeEach(() => {
  time = 5_000;
  draws = [
    ['turn-left', 'blink'],
    ['nod', 'smile'],
    ['smile', 'turn-right'],
    ['blink', 'nod'],
  ];
  let count = 0;
  challenges = createChallenges(
    () => time,
    () => draws[count++ % draws.length]!,
  );
});

describe('challenges', () => {
  it('stay the same while no visit answers, however often they are asked for', () => {
    expect(Array.from({ length: 50 }, () => next())).toEqual(Array.from({ length: 50 }, () => draws[0]));
  });

  it('are drawn again when their time is over, or a visit was decided', () => {
    next();
    time += KEEP_MS;
    expect(next()).toEqual(draws[1]);
    challenges.answered();
    expect(next()).toEqual(draws[2]);
  });

  it('change for a visitor who cannot do a step, and for no other visitor', () => {
    expect(next('nod')).toEqual(draws[0]);
    expect(next('blink')).toEqual(draws[1]);
    expect(next()).toEqual(draws[1]);
  });

  it('change for a visitor of whom a step was not seen', () => {
    next();
    expect(challenges.next(CHALLENGE_STEPS, [], ['blink'])).toEqual(draws[1]);
  });

  it('leave out what the operator does not allow any more', () => {
    next();
    expect(challenges.next(['nod', 'smile'], [])).toEqual(draws[1]);
  });

  it('are few a minute for a screen that avoids steps until one suits it', () => {
    const avoidDrawn = (): ChallengeStep[] => next(next()[0]!);
    for (let i = 1; i < 6; i++) avoidDrawn();
    expect(avoidDrawn).toThrow(expect.objectContaining({ code: 'rate-limited' }));
    time += KEEP_MS;
    expect(avoidDrawn).not.toThrow();
  });

  it('never run out at a kiosk that decides', () => {
    for (let i = 0; i < 50; i++) {
      next();
      challenges.answered();
    }
    expect(next()).toEqual(draws[50 % 4]);
  });
});
