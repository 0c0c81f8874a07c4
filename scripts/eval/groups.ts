import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { ImpostorPairs, readGroups, seeded, type GroupOf } from '#core/matching';
import type { FaceMeasurements } from '#core/recognition';
import type { LabelledSimilarities } from './identification.ts';
import type { LabelledImage } from './images.ts';
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

/** `groups.csv` of an image folder, null without one. @throws as {@link readGroups} */
export async function groupsOfFolder(dir: string): Promise<GroupOf | null> {
  const file = join(dir, 'groups.csv');
  const exists = await access(file).then(
    () => true,
    () => false,
  );
  return exists ? await readGroups(file) : null;
}

/** What images can be grouped by without anybody's labels: measured conditions, each in thirds. */
export const CONDITIONS = {
  brightness: ({ meanLuma }) => meanLuma,
  sharpness: ({ detail }) => detail,
  turn: ({ yaw, pitch }) => Math.hypot(yaw, pitch),
} as const satisfies Record<string, (face: FaceMeasurements) => number>;
export type Condition = keyof typeof CONDITIONS;

/** Groups of equal size by what was measured in the images. */
export function groupsByCondition(
  images: readonly (LabelledImage & { readonly measurements: FaceMeasurements | null })[],
  condition: Condition,
): GroupOf {
  const measured = images
    .flatMap(({ path, measurements }) =>
      measurements ? [{ path, value: CONDITIONS[condition](measurements) }] : [],
    )
    .toSorted((a, b) => a.value - b.value);
  const names = ['lowest', 'middle', 'highest'].map((third) => `${condition}, ${third} third`);
  const groups = new Map(
    measured.map(({ path }, i) => [path, names[Math.floor((i * names.length) / measured.length)]!]),
  );
  return ({ path }) => groups.get(path);
}

/** The rates within each group, the one with the most false matches first: comparisons of images of the same group only. */
export function groupRates(
  { people, at }: LabelledSimilarities,
  groupOf: (image: number) => string | undefined,
  threshold: number,
): GroupRates[] {
  const byGroup = Map.groupBy(people.keys(), groupOf);
  return [...byGroup]
    .flatMap(([group, images]) => (group === undefined ? [] : [{ group, images }]))
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
    })
    .toSorted(
      (a, b) =>
        rateOf(b.falseMatch) - rateOf(a.falseMatch) ||
        rateOf(b.falseNonMatch) - rateOf(a.falseNonMatch) ||
        a.group.localeCompare(b.group),
    );
}

const rateOf = (rate: GroupRate | null): number => rate?.rate ?? -1;

/**
 * How many times the geometric mean of the groups' rates the worst of them is: 1 where all are alike. Groups without an error
 * are left out, since their rate is not known; null where fewer than two are left. (NIST IR 8429, "max over geometric mean".)
 */
export function differential(rates: readonly (GroupRate | null)[]): number | null {
  const known = rates.flatMap((rate) => (rate && rate.rate > 0 ? [rate.rate] : []));
  if (known.length < 2) return null;
  const mean = Math.exp(known.reduce((sum, rate) => sum + Math.log(rate), 0) / known.length);
  return Math.max(...known) / mean;
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
