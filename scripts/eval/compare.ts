import type { Template } from '#core/recognition';
import type { Pair } from './images.ts';
import { Scores } from './metrics.ts';

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
 * Compare each image with each other one, once.
 * @param onProgress called with the share done, 0..1
 */
export function compareAll(subjects: readonly Subject[], onProgress: (share: number) => void): Comparisons {
  const count = subjects.length;
  const templates = subjects.map(({ template }) => template);
  const people = [...new Set(subjects.map(({ person }) => person))];
  const numbers = new Map(people.map((person, number) => [person, number]));
  // Numbers in typed arrays: tens of millions of comparisons then leave nothing to collect.
  const person = Int32Array.from(subjects, (subject) => numbers.get(subject.person)!);
  const nearest = new Int32Array(count).fill(-1);
  const highest = new Float64Array(count).fill(-Infinity);
  const genuine = new Scores();
  const impostor = new Scores();
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const similarity = cosine(templates[i]!, templates[j]!);
      if (person[i] === person[j]) genuine.add(similarity);
      else impostor.add(similarity);
      if (similarity > highest[i]!) {
        highest[i] = similarity;
        nearest[i] = j;
      }
      if (similarity > highest[j]!) {
        highest[j] = similarity;
        nearest[j] = i;
      }
    }
    // Row i holds count - i - 1 comparisons, so the share done is quadratic in i.
    onProgress(1 - (1 - (i + 1) / count) ** 2);
  }
  return { genuine, impostor, rank1: rankOne(person, nearest, people.length) };
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
    if (left && right) (same ? genuine : impostor).add(cosine(left, right));
  }
  return { genuine, impostor, rank1: null };
}

/** Of two unit vectors of one length, a multiple of four. Four sums, since each addition waits for the one before. */
function cosine(a: Template, b: Template): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < a.length; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  return s0 + s1 + s2 + s3;
}
