import { rateAndInterval } from '../cells.ts';
import { chart, COLOURS } from '../chart.ts';
import { TARGET_RATE } from '../identification.ts';
import type { Table } from '../tables.ts';
import type { ReferenceRates } from './rates.ts';

export interface ReferenceReport {
  readonly modelId: string;
  readonly seed: number;
  /** Galleries that the figures are of. */
  readonly draws: number;
  /** People that a gallery stands for. */
  readonly size: number;
  readonly rates: readonly ReferenceRates[];
}

export function referenceTables({ size, draws, rates }: ReferenceReport): Record<string, Table> {
  return {
    references: {
      title: `Identification among ${size.toLocaleString('en')} people by references of each`,
      note: `FNIR: share of searches by enrolled people that do not end as them, each person weighing the same, 95 % from samples of people. FPIR promised: ${TARGET_RATE}; measured on people who are not enrolled, of one gallery, interval after Clopper and Pearson. Of ${draws} drawn galleries; references and probes are different photographs.`,
      header: ['References', 'Gallery', 'Threshold', 'People', 'Missed searches', 'FNIR', 'FPIR'],
      rows: rates.map((row) => [
        `${row.references}`,
        row.gallery.toLocaleString('en'),
        row.similarity.toFixed(4),
        `${row.people}`,
        `${row.missed.toLocaleString('en')} of ${row.searches.toLocaleString('en')}`,
        rateAndInterval(row.falseNegative),
        `${rateAndInterval(row.falsePositive)}, ${row.falsePositive.count} of ${row.falsePositive.of}`,
      ]),
    },
  };
}

/** FNIR over the number of references. */
export function referenceSvg({ size, rates }: ReferenceReport): string {
  const most = Math.max(...rates.map(({ falseNegative }) => falseNegative.interval[1]));
  const top = Math.ceil(most * 20) / 20;
  return chart(
    `Enrolled people not recognised, ${size.toLocaleString('en')} people, FPIR ${TARGET_RATE}`,
    {
      label: 'References of each person',
      from: 0.5,
      to: Math.max(...rates.map(({ references }) => references)) + 0.5,
      ticks: rates.map(({ references }) => references),
      format: String,
    },
    {
      label: 'FNIR',
      from: 0,
      to: top,
      ticks: Array.from({ length: Math.round(top / 0.05) + 1 }, (_, i) => i * 0.05),
      format: (value) => `${(value * 100).toFixed(0)} %`,
    },
    [
      {
        name: 'FNIR with its 95 % interval',
        colour: COLOURS.blue,
        kind: 'points',
        points: rates.map(({ references, falseNegative }) => [references, falseNegative.rate] as const),
        intervals: rates.map(({ falseNegative }) => falseNegative.interval),
      },
    ],
  );
}
