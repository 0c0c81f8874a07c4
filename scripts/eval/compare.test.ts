import { describe, expect, it } from 'vitest';
import { compareAll, comparePairs, type Subject } from './compare.ts';
import { Similarities } from './similarities.ts';

/** A unit vector at an angle in degrees. */
const subject = (person: string, number: number, degrees: number): Subject => {
  const radians = (degrees * Math.PI) / 180;
  return {
    person,
    path: `${person}/${number}`,
    template: Float32Array.of(Math.cos(radians), Math.sin(radians), 0, 0),
  };
};

const cos = (degrees: number): number => Math.cos((degrees * Math.PI) / 180);

describe('compareAll', () => {
  // b/2 lies nearer to a/1 than to b/1; c has one image and is no probe.
  const subjects = [
    subject('a', 1, 0),
    subject('a', 2, 10),
    subject('b', 1, 90),
    subject('b', 2, 30),
    subject('c', 1, 180),
  ];
  const { genuine, impostor, rank1 } = compareAll(
    subjects.map(({ person }) => person),
    new Similarities(
      subjects.map(({ template }) => template),
      () => undefined,
    ),
  );

  it('compares each pair once', () => {
    expect([genuine.total, impostor.total]).toEqual([2, 8]);
  });

  it('sorts the scores into genuine and impostor', () => {
    const share = genuine.shareAtOrAbove();
    const at = (similarity: number): number => share[Math.floor((similarity + 1) * 200_000)]!;
    expect([at(cos(10) - 1e-4), at(cos(10) + 1e-4), at(cos(60) - 1e-4), at(cos(60) + 1e-4)]).toEqual([
      0.5, 0, 1, 0.5,
    ]);
  });

  it('counts the images whose nearest other image is of the same person', () => {
    expect(rank1).toEqual({ rate: 0.75, probes: 4 });
  });
});

describe('comparePairs', () => {
  it('compares what is listed and leaves out images without a template', () => {
    const { genuine, impostor, rank1 } = comparePairs(
      [subject('a', 1, 0), subject('a', 2, 10), subject('b', 1, 90)],
      [
        { a: 'a/1', b: 'a/2', same: true },
        { a: 'a/1', b: 'b/1', same: false },
        { a: 'a/1', b: 'c/1', same: false },
      ],
    );
    expect([genuine.total, impostor.total, rank1]).toEqual([1, 1, null]);
  });
});
