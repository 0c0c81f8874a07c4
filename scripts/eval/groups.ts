import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract';
import { ImpostorPairs, seeded } from '#core/matching';
import type { LabelledSimilarities } from './identification.ts';
import { drawnInterval } from './proportion.ts';

const RESAMPLES = 400;

/** A rate with its 95 % confidence interval from drawing people, who share comparisons; null without comparisons. */
export interface GroupRate {
  readonly errors: number;
  readonly comparisons: number;
  readonly rate: number;
  readonly interval: readonly [low: number, high: number];
}

/** Errors among the people of one group, at the threshold of all. */
export interface GroupRates {
  readonly group: string;
  readonly people: number;
  readonly images: number;
  readonly falseMatch: GroupRate | null;
  readonly falseNonMatch: GroupRate | null;
}

/**
 * Read `groups.csv` of an image folder: the header `person,group`, then one line per person, without commas inside.
 * @returns the group of each person, null without such a file
 * @throws LintelError `usage` naming the first line that is not one
 */
export async function readGroups(dir: string): Promise<ReadonlyMap<string, string> | null> {
  const file = join(dir, 'groups.csv');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new LintelError('usage', `The file ${file} cannot be read.`, { cause: error });
  });
  if (text === null) return null;
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  if (header !== 'person,group') throw new LintelError('usage', `${file} has no header person,group.`);
  return new Map(
    lines.map((line, i): [string, string] => {
      const [person, group, ...rest] = line.split(',');
      if (person && group && rest.length === 0) return [person, group];
      throw new LintelError('usage', `Line ${i + 2} of ${file} is not a person and a group.`);
    }),
  );
}

/** The rates within each group, in order of its name: comparisons of people of the same group only. */
export function groupRates(
  { people, at }: LabelledSimilarities,
  groups: ReadonlyMap<string, string>,
  threshold: number,
): GroupRates[] {
  const byGroup = Map.groupBy(people.keys(), (image) => groups.get(people[image]!));
  return [...byGroup]
    .flatMap(([group, images]) => (group === undefined ? [] : [{ group, images }]))
    .toSorted((a, b) => a.group.localeCompare(b.group))
    .map(({ group, images }) => {
      const names = images.map((image) => people[image]!);
      return {
        group,
        people: new Set(names).size,
        images: images.length,
        falseMatch: falseMatches(new ImpostorPairs(names, (i, j) => at(images[i]!, images[j]!)), threshold),
        falseNonMatch: falseNonMatches(
          { people: names, at: (i, j) => at(images[i]!, images[j]!) },
          threshold,
        ),
      };
    });
}

function falseMatches(pairs: ImpostorPairs, threshold: number): GroupRate | null {
  const { comparisons } = pairs;
  if (comparisons === 0) return null;
  const rate = pairs.rateAt(threshold);
  const drawn = [...pairs.resamples(RESAMPLES, seeded(1))].map((population) =>
    pairs.rateAt(threshold, population),
  );
  return {
    errors: Math.round(rate * comparisons),
    comparisons,
    rate,
    // Drawing one person only leaves nothing to compare.
    interval: drawnInterval(
      drawn.filter((drawnRate) => !Number.isNaN(drawnRate)),
      pairs.pairsOfPeople,
    ),
  };
}

function falseNonMatches({ people, at }: LabelledSimilarities, threshold: number): GroupRate | null {
  const tallies = [...Map.groupBy(people.keys(), (image) => people[image]!).values()]
    .map((images) => {
      const values = images.flatMap((a, i) => images.slice(i + 1).map((b) => at(a, b)));
      return { errors: values.filter((value) => value < threshold).length, comparisons: values.length };
    })
    .filter(({ comparisons }) => comparisons > 0);
  if (tallies.length === 0) return null;
  const total = (of: readonly (typeof tallies)[number][]): { errors: number; comparisons: number } => ({
    errors: of.reduce((sum, { errors }) => sum + errors, 0),
    comparisons: of.reduce((sum, { comparisons }) => sum + comparisons, 0),
  });
  const random = seeded(1);
  const draw = (): number => {
    const { errors, comparisons } = total(tallies.map(() => tallies[Math.floor(random() * tallies.length)]!));
    return errors / comparisons;
  };
  const all = total(tallies);
  return {
    ...all,
    rate: all.errors / all.comparisons,
    interval: drawnInterval(Array.from({ length: RESAMPLES }, draw), tallies.length),
  };
}
