import { describe, expect, it } from 'vitest';
import { Similarities } from './similarities.ts';

const templates = [0, 10, 90, 30, 180].map((degrees) => {
  const radians = (degrees * Math.PI) / 180;
  return Float32Array.of(Math.cos(radians), Math.sin(radians));
});

describe('Similarities', () => {
  const shares: number[] = [];
  const similarities = new Similarities(templates, (share) => shares.push(share));

  it.each([
    [0, 1, 10],
    [0, 4, 180],
    [1, 2, 80],
    [3, 2, 60],
    [4, 3, 150],
  ])('of %i and %i is the cosine of %i degrees', (i, j, degrees) => {
    expect(similarities.at(i, j)).toBeCloseTo(Math.cos((degrees * Math.PI) / 180), 6);
  });

  it('reports progress that rises to 1', () => {
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it('of nothing is empty', () => expect(() => new Similarities([], () => undefined)).not.toThrow());
});
