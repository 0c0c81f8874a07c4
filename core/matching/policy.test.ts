import { describe, expect, it } from 'vitest';
import { createCalibration } from './calibration.ts';
import { madeUpTable } from './testing/made-up-table.ts';
import { AUTOMATIC_LIFT, decideIdentity, fuse, isWorthLearning, MARGIN, type Candidate } from './policy.ts';

const calibration = createCalibration(
  madeUpTable([
    [1e-3, 0.3],
    [1e-4, 0.4],
    [1e-6, 0.6],
  ]),
);
const policy = { falsePositiveRate: 1e-3, margin: MARGIN };
const decide = (compared: number, ...similarities: number[]) =>
  decideIdentity(
    similarities.map((similarity, i): Candidate => ({ faceId: `face-${i}`, similarity })),
    compared,
    calibration,
    policy,
  );

describe('decideIdentity', () => {
  it('asks for more similarity the more references there are', () => {
    expect(decide(1, 0.31)).toEqual({ kind: 'known', person: { faceId: 'face-0' } });
    expect(decide(10, 0.31)).toEqual({ kind: 'unknown' });
    expect(decide(10, 0.41)).toEqual({ kind: 'known', person: { faceId: 'face-0' } });
    expect(decide(1000, 0.59)).toEqual({ kind: 'unknown' });
    expect(decide(1000, 0.61)).toEqual({ kind: 'known', person: { faceId: 'face-0' } });
  });

  it('does not choose between two people who are about as similar', () => {
    expect(decide(10, 0.5, 0.5 - MARGIN / 2)).toEqual({ kind: 'ambiguous' });
    expect(decide(10, 0.5, 0.5 - 2 * MARGIN)).toEqual({ kind: 'known', person: { faceId: 'face-0' } });
  });

  it('asks for less of a lead where a network sets faces less far apart', () => {
    const near = createCalibration(
      madeUpTable([
        [1e-2, 0.91],
        [1e-6, 0.96],
      ]),
    );
    const verdict = (second: number) =>
      decideIdentity(
        [
          { faceId: 'face-0', similarity: 0.97 },
          { faceId: 'face-1', similarity: second },
        ],
        10,
        near,
        policy,
      );
    expect(near.scale).toBeCloseTo(0.05 / 0.2878, 9);
    expect(verdict(0.97 - (MARGIN * near.scale) / 2)).toEqual({ kind: 'ambiguous' });
    expect(verdict(0.97 - MARGIN * near.scale * 1.1)).toEqual({
      kind: 'known',
      person: { faceId: 'face-0' },
    });
  });

  it('knows no face in an empty collection', () => {
    expect(decide(0)).toEqual({ kind: 'unknown' });
  });
});

describe('fuse', () => {
  it('takes the best reference, of automatic ones only as much as they may lift', () => {
    expect(fuse(0.5, -Infinity, 1)).toBe(0.5);
    expect(fuse(0.5, 0.4, 1)).toBe(0.5);
    expect(fuse(0.5, 0.5 + AUTOMATIC_LIFT / 2, 1)).toBe(0.5 + AUTOMATIC_LIFT / 2);
    expect(fuse(0.1, 0.99, 1)).toBe(0.1 + AUTOMATIC_LIFT);
    expect(fuse(0.1, 0.99, 0.5)).toBe(0.1 + AUTOMATIC_LIFT / 2);
  });
});

describe('isWorthLearning', () => {
  const worth = (...references: [similarity: number, automatic: boolean][]) =>
    isWorthLearning(
      references.map(([similarity, automatic]) => ({ similarity, automatic })),
      10,
      calibration,
      policy,
    );

  it("asks an operator's reference to leave no doubt, whatever was learned", () => {
    expect(worth([0.61, false])).toBe(true);
    expect(worth([0.59, false])).toBe(false);
    expect(worth([0.45, false], [0.8, true])).toBe(false);
    expect(worth([0.61, false], [0.2, true])).toBe(true);
  });

  it('asks for something new', () => {
    expect(worth([0.9, false])).toBe(false);
    expect(worth([0.7, false], [0.9, true])).toBe(false);
  });
});
