import { CalibrationTable, LintelError, type CalibrationPoint } from '#contract';
import { fitCalibration, MIN_PEOPLE, type FitOptions, type LabelledTemplate } from './calibration-fit.ts';

/** A calibration that holds in each group, and which group asked for it. */
export interface GroupsCalibration {
  readonly table: CalibrationTable;
  /** The group that a point of the table is from, and what all groups would be promised by one of their own, -1..1. */
  readonly worst: readonly {
    readonly falseMatchRate: number;
    readonly group: string;
    /** The highest and the lowest similarity that a group's own table has at this rate. */
    readonly most: number;
    readonly least: number;
  }[];
  /** Groups of fewer than {@link MIN_PEOPLE} people: nothing is known of them, and nothing is promised to them. */
  readonly tooSmall: readonly string[];
}

/**
 * A calibration for the worst group: at each false match rate the similarity that the group with the most alike strangers asks for,
 * at the upper end of its 95 % interval. So each group that is large enough keeps each rate, also where other people of it would
 * have been drawn; each by itself with 97.5 % confidence. Strangers are compared within a group, where they are the most alike.
 * @param groupOf undefined for what belongs to no group, and is left out
 * @throws LintelError `calibration-too-few` where no group has enough people
 */
export function fitGroups<T extends LabelledTemplate>(
  subjects: readonly T[],
  groupOf: (subject: T) => string | undefined,
  options: FitOptions,
): GroupsCalibration {
  const groups = [...Map.groupBy(subjects, groupOf)].flatMap(([group, own]) =>
    group === undefined ? [] : [{ group, own, people: new Set(own.map(({ person }) => person)).size }],
  );
  const measured = groups
    .filter(({ people }) => people >= MIN_PEOPLE)
    .map(({ group, own }) => ({ group, table: fitCalibration(own, options) }));
  if (measured.length === 0) {
    throw new LintelError('calibration-too-few', `No group has ${MIN_PEOPLE} people.`);
  }
  const tooSmall = groups.filter(({ people }) => people < MIN_PEOPLE).map(({ group }) => group);
  return { ...strictest(measured, options), tooSmall };
}

type Measured = readonly { readonly group: string; readonly table: CalibrationTable }[];

/** One table out of those of several groups. @param groups one at least */
export function strictest(
  groups: Measured,
  { modelId, dataSet }: Pick<FitOptions, 'modelId' | 'dataSet'>,
): Omit<GroupsCalibration, 'tooSmall'> {
  const rates = groups[0]!.table.points.map(({ falseMatchRate }) => falseMatchRate);
  const found = rates.flatMap((falseMatchRate) => {
    const points = groups.map(({ group, table }) => ({ group, point: pointAt(table, falseMatchRate) }));
    // Where a group has no point, no similarity below 1 promises it the rate.
    if (
      !points.every((each): each is { group: string; point: CalibrationPoint } => each.point !== undefined)
    ) {
      return [];
    }
    const worst = points.reduce((a, b) => (b.point.interval[1] > a.point.interval[1] ? b : a));
    const [, high] = worst.point.interval;
    const own = points.map(({ point }) => point.similarity);
    return [
      {
        point: {
          falseMatchRate,
          similarity: high,
          interval: worst.point.interval,
          extrapolated: points.some(({ point }) => point.extrapolated),
        },
        worst: { falseMatchRate, group: worst.group, most: Math.max(...own), least: Math.min(...own) },
      },
    ];
  });
  // A rate that asks for no more than the one above it is kept by that one's similarity.
  let before = -1;
  const rising = found.filter(({ point: { similarity } }) => {
    if (similarity <= before || similarity >= 1) return false;
    before = similarity;
    return true;
  });
  if (rising.length < 2) {
    throw new LintelError('calibration-too-few', 'The groups are too small to promise any of them a rate.');
  }
  const tables = groups.map(({ table }) => table);
  const sum = (of: (table: CalibrationTable) => number): number =>
    tables.reduce((total, table) => total + of(table), 0);
  const most = (of: (table: CalibrationTable) => number): number => Math.max(...tables.map(of));
  return {
    table: CalibrationTable.parse({
      modelId,
      dataSet: `${dataSet}, the worst of ${groups.length} groups`,
      people: sum(({ people }) => people),
      comparisons: sum(({ comparisons }) => comparisons),
      leastRate: {
        byComparisons: most(({ leastRate }) => leastRate.byComparisons),
        byPairsOfPeople: most(({ leastRate }) => leastRate.byPairsOfPeople),
      },
      method: `Similarity: the upper end of the interval of the group that asks for most, of ${groups.map(({ group }) => group).join(', ')}. Interval: that of this group. Each group: ${tables[0]!.method}`,
      points: rising.map(({ point }) => point),
    }),
    worst: rising.map(({ worst }) => worst),
  };
}

const pointAt = ({ points }: CalibrationTable, rate: number): CalibrationPoint | undefined =>
  points.find(({ falseMatchRate }) => falseMatchRate === rate);

/** For people to read, beside the table. */
export function describeGroups({ worst, tooSmall }: Omit<GroupsCalibration, 'table'>): string {
  const lines = worst.map(
    ({ falseMatchRate, group, most, least }) =>
      `${falseMatchRate.toExponential(0).padEnd(16)}  ${`${least.toFixed(4)} to ${most.toFixed(4)}`.padEnd(18)}  ${group}`,
  );
  return [
    'False match rate  Groups measure      Strictest group',
    ...lines,
    ...tooSmall.map((group) => `Too few people in the group ${group}: it is promised nothing.`),
  ].join('\n');
}
