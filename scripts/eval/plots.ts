import { writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { KeptPromise } from './calibration-check.ts';
import { chart, COLOURS, decades, roundTicks, type Axis } from './chart.ts';
import type { RejectPoint } from './error-reject.ts';
import { TARGET_RATE, type IdentificationRates } from './identification.ts';
import type { Scores } from './metrics.ts';

/** One operating point: shares 0..1. */
export interface DetPoint {
  readonly falseMatchRate: number;
  readonly falseNonMatchRate: number;
}

/** Rates from the lowest decade up to 1. A zero is drawn on the axis. */
const rates = (label: string, lowest: number): Axis => decades(label, lowest, 0);

/** A detection error trade-off curve. */
export function detSvg(title: string, points: readonly DetPoint[]): string {
  return chart(title, rates('False match rate', -6), rates('False non-match rate', -4), [
    {
      name: 'Measured',
      colour: COLOURS.blue,
      kind: 'line',
      points: points.map((p) => [p.falseMatchRate, p.falseNonMatchRate]),
    },
  ]);
}

/** How similar images of one person and of different people are. */
export function scoresSvg(genuine: Scores, impostor: Scores): string {
  const width = 0.02;
  const [same, different] = [genuine.shares(width), impostor.shares(width)];
  const top = Math.max(...same, ...different) * 1.05;
  const area = (shares: readonly number[]): [number, number][] => [
    [-1, 0],
    ...shares.map((share, i): [number, number] => [(i + 0.5) * width - 1, share]),
    [1, 0],
  ];
  return chart(
    'Similarities',
    {
      label: 'Similarity',
      from: -0.4,
      to: 1,
      ticks: [-0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.8, 1],
      format: String,
    },
    percentAxis(`Share of comparisons in each ${width}`, top),
    [
      { name: 'Different people', colour: COLOURS.orange, kind: 'area', points: area(different) },
      { name: 'Same person', colour: COLOURS.blue, kind: 'area', points: area(same) },
    ],
  );
}

/** What confidence promised and what was measured; a factor of two on either side is shaded. */
export function calibrationSvg(promises: readonly KeptPromise[]): string {
  const [low, high] = [1e-7, 1e-2];
  return chart(
    'Promised and measured false match rate',
    decades('Promised', -7, -2),
    decades('Measured on other people', -7, -2),
    [
      {
        name: 'Within a factor of 2',
        colour: COLOURS.grey,
        kind: 'area',
        points: [
          [low, low / 2],
          [high / 2, high / 4],
          [high, high / 2],
          [high, high],
          [high / 2, high],
          [low, low * 2],
        ],
      },
      {
        name: 'As promised',
        colour: COLOURS.grey,
        kind: 'dashes',
        points: [
          [low, low],
          [high, high],
        ],
      },
      {
        name: 'Confidence 70, 80, 90, 95',
        colour: COLOURS.blue,
        kind: 'points',
        points: promises.map((p) => [p.claimed, p.measured]),
        intervals: promises.map((p) => [p.interval[0] * p.claimed, p.interval[1] * p.claimed]),
      },
    ],
  );
}

/** Both errors of identification by the size of the gallery. */
export function identificationSvg(rows: readonly IdentificationRates[]): string {
  const sizes = rows.map((row) => row.gallerySize);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  return chart(
    'Identification',
    {
      ...decades('People enrolled', 0, 1),
      from: least / 1.5,
      to: most * 1.5,
      ticks: sizes,
      format: (size) => size.toLocaleString('en'),
    },
    rates('Rate', -4),
    [
      {
        name: 'Strangers matched',
        colour: COLOURS.orange,
        kind: 'points',
        points: rows.map((row) => [row.gallerySize * 0.985, row.falsePositive.rate]),
        intervals: rows.map((row) => row.falsePositive.interval),
      },
      {
        name: 'Enrolled people missed',
        colour: COLOURS.blue,
        kind: 'points',
        points: rows.map((row) => [row.gallerySize * 1.015, row.falseNegative.rate]),
        intervals: rows.map((row) => row.falseNegative.interval),
      },
      {
        name: 'Target',
        colour: COLOURS.grey,
        kind: 'dashes',
        points: [
          [least / 1.5, TARGET_RATE],
          [most * 1.5, TARGET_RATE],
        ],
      },
    ],
  );
}

/** False non-matches that remain as the worst images are left out. */
export function errorRejectSvg(points: readonly RejectPoint[]): string {
  const highest = Math.max(...points.flatMap((p) => [p.falseNonMatchRate, p.balancedRate]));
  const last = points.at(-1)?.rejected ?? 0.3;
  return chart(
    'Error versus reject',
    {
      label: 'Images rejected, worst first',
      from: 0,
      to: last,
      ticks: points.map((p) => p.rejected).filter((share) => share === 0 || share >= 0.05),
      format: (share) => `${Math.round(share * 100)} %`,
    },
    percentAxis('False non-match rate of the rest', highest * 1.05),
    [
      {
        name: 'Every comparison alike',
        colour: COLOURS.orange,
        kind: 'line',
        points: points.map((p) => [p.rejected, p.falseNonMatchRate]),
      },
      {
        name: 'People balanced',
        colour: COLOURS.blue,
        kind: 'line',
        points: points.map((p) => [p.rejected, p.balancedRate]),
      },
    ],
  );
}

/** From 0 to `top`, labelled at a round step. */
function percentAxis(label: string, top: number): Axis {
  return {
    label,
    from: 0,
    to: top || 1,
    ticks: roundTicks(top || 1),
    format: (share) => `${Number((share * 100).toPrecision(3))} %`,
  };
}

/** Write an SVG, or the PNG drawn from it when the file is named so. */
export async function writePlot(file: string, svg: string): Promise<void> {
  if (!file.toLowerCase().endsWith('.png')) return await writeFile(file, svg);
  // The decoder of untrusted images blocks every loader but its own; this document is ours.
  sharp.unblock({ operation: ['VipsForeignLoadSvgBuffer'] });
  await sharp(Buffer.from(svg)).png().toFile(file);
}
