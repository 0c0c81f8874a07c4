import { similarity } from '#core/matching';
import type { Template } from '#core/recognition';
import type { Pair } from './images.ts';
import { Scores } from './metrics.ts';
import type { Similarities } from './similarities.ts';

export interface Subject {
  readonly person: string;
  readonly path: string;
  readonly template: Template;
}

export interface Comparisons {
  readonly genuine: Scores;
  readonly impostor: Scores;
  /** Of the images whose person has another image: the share whose nearest other image is of that person. */
  readonly rank1: { readonly rate: number; readonly probes: number } | null;
}

/**
 * Compares each pair of images once.
 * @param people the person that each image shows
 */
export function compareAll(people: readonly string[], similarities: Similarities): Comparisons {
  const count = people.length;
  const names = [...new Set(people)];
  const numbers = new Map(names.map((person, number) => [person, number]));
  // Numbers in typed arrays: tens of millions of comparisons then leave nothing to collect.
  const person = Int32Array.from(people, (name) => numbers.get(name)!);
  const nearest = new Int32Array(count).fill(-1);
  const highest = new Float64Array(count).fill(-Infinity);
  const genuine = new Scores();
  const impostor = new Scores();
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const value = similarities.at(i, j);
      if (person[i] === person[j]) genuine.add(value);
      else impostor.add(value);
      if (value > highest[i]!) {
        highest[i] = value;
        nearest[i] = j;
      }
      if (value > highest[j]!) {
        highest[j] = value;
        nearest[j] = i;
      }
    }
  }
  return { genuine, impostor, rank1: rankOne(person, nearest, names.length) };
}

function rankOne(person: Int32Array, nearest: Int32Array, people: number): Comparisons['rank1'] {
  const images = new Int32Array(people);
  for (const number of person) images[number]! += 1;
  let probes = 0;
  let found = 0;
  for (const [i, number] of person.entries()) {
    if (images[number]! < 2) continue;
    probes++;
    if (person[nearest[i]!] === number) found++;
  }
  return probes === 0 ? null : { rate: found / probes, probes };
}

/** Compare the given pairs; those with an image that has no template are left out. */
export function comparePairs(subjects: readonly Subject[], pairs: readonly Pair[]): Comparisons {
  const templates = new Map(subjects.map(({ path, template }) => [path, template]));
  const genuine = new Scores();
  const impostor = new Scores();
  for (const { a, b, same } of pairs) {
    const [left, right] = [templates.get(a), templates.get(b)];
    if (left && right) (same ? genuine : impostor).add(similarity(left, right));
  }
  return { genuine, impostor, rank1: null };
}
