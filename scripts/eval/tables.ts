import { STAGES } from '#core/recognition';
import type { Failures } from './failures.ts';
import { differential, type GroupRate, type GroupRates } from './groups.ts';
import { TARGET_RATE, type IdentificationRates } from './identification.ts';
import type { Report } from './report.ts';

/** A part of the report as people read it, in the terminal and in HTML. */
export interface Table {
  readonly title: string;
  /** What the numbers mean. */
  readonly note: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** All parts of the report that have something to say, under stable names. */
export function makeTables(report: Report): Record<string, Table> {
  const all = report.allPairs;
  return Object.fromEntries(
    Object.entries({
      summary: summary(report),
      failures: failures(report),
      identification: all?.identification && {
        ...identification(all.identification),
        title: 'Identification with the calibration in use',
      },
      calibration: all?.calibrationCheck && calibration(all.calibrationCheck),
      heldOut: all?.calibrationCheck && {
        ...identification(all.calibrationCheck.identification),
        title: 'Identification with a calibration on other people',
      },
      errorReject: all?.errorReject && errorReject(all.errorReject),
      groups: all?.groups && groups(all.groups),
    }).filter((entry): entry is [string, Table] => !!entry[1]),
  );
}

/** Tables for a terminal: columns aligned, titles above. */
export function formatTables(tables: Record<string, Table>): string {
  return Object.values(tables)
    .map(({ title, header, rows }) => {
      const lines = header.length > 0 ? [header, ...rows] : rows;
      const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
      return [title, ...lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i]!)).join('  '))]
        .map((line) => `${line.trimEnd()}\n`)
        .join('');
    })
    .join('\n');
}

function summary(r: Report): Table {
  return {
    title: 'Verification',
    note: 'Every comparison is of two images. FAR: share of different people that match falsely; TAR: share of images of one person that match.',
    header: [],
    rows: [
      ['Model', r.modelId],
      ['Images', `${count(r.images)} of ${count(r.people)} people`],
      [
        'Comparisons',
        `${count(r.genuineComparisons)} of the same person, ${count(r.impostorComparisons)} of different people`,
      ],
      [
        'Equal error rate',
        `${percent(r.equalError.rate)} at similarity ${r.equalError.similarity.toFixed(4)}`,
      ],
      ...r.operatingPoints.map(({ far, tar, similarity }) => [
        `TAR at FAR ${far.toExponential(0)}`,
        `${percent(tar)} at similarity ${similarity.toFixed(4)}`,
      ]),
      ...r.unsupportedRates.map((far) => [
        `TAR at FAR ${far.toExponential(0)}`,
        'too few comparisons to say',
      ]),
      ['Rank 1', r.rank1 ? `${percent(r.rank1.rate)} of ${count(r.rank1.probes)} images` : 'needs all pairs'],
      [
        'Median time',
        `${r.milliseconds.total.toFixed(1)} ms per image (${STAGES.map((s) => `${s} ${r.milliseconds[s].toFixed(1)}`).join(', ')})`,
      ],
    ],
  };
}

function failures(r: Report): Table {
  return {
    title: 'Failures',
    note: 'Images that come to nothing, without a template or refused by a quality gate. One image may have several reasons.',
    header: ['', 'Images', 'Share', 'Reasons'],
    rows: [
      failureRow('No template', r.failuresToAcquire),
      failureRow('Not good enough to enrol', r.failuresToEnrol),
      failureRow('Not good enough to enrol through an API', r.failuresToUpload),
      failureRow('Not good enough to recognise', r.failuresToRecognise),
    ],
  };
}

function identification(rows: readonly IdentificationRates[]): Omit<Table, 'title'> {
  return {
    note: `One image of each person is enrolled. FPIR: share of searches by people who are not enrolled that end as somebody, target ${TARGET_RATE}; FNIR: share of searches by enrolled people that do not end as them. Decided as at a kiosk: a threshold for the size of the gallery, and a lead over the second best. Counts are means over ${rows[0]?.galleries ?? 0} random galleries, intervals (95 %, Wilson) those of one.`,
    header: ['People enrolled', 'Threshold', 'FPIR', 'FNIR'],
    rows: rows.map((row) => [
      count(row.gallerySize),
      row.similarity.toFixed(4),
      ...[row.falsePositive, row.falseNegative].map(
        (p) =>
          `${percent(p.rate, 3)} (${percent(p.interval[0], 3)} to ${percent(p.interval[1], 3)}), ${Number(p.count.toFixed(1))} of ${count(Math.round(p.of))}`,
      ),
    ]),
  };
}

type AllPairs = NonNullable<Report['allPairs']>;

function calibration(check: NonNullable<AllPairs['calibrationCheck']>): Table {
  return {
    title: 'What confidence promised and kept',
    note: `Calibrated on half of the people (${count(check.peoplePerHalf)}), measured on the others, and the other way round. Interval: 95 %, bootstrap over the people measured.`,
    header: ['Confidence', 'Promised', 'Measured', 'False matches', 'Measured / promised'],
    rows: check.promises.map((p) => [
      String(p.confidence),
      `${p.claimed.toExponential(0)}${p.extrapolated ? ', extrapolated' : ''}`,
      p.measured.toExponential(2),
      `${count(p.falseMatches)} of ${count(p.comparisons)}`,
      `${p.ratio.toFixed(2)} (${p.interval.map((ratio) => ratio.toFixed(2)).join(' to ')})`,
    ]),
  };
}

function errorReject({ threshold, points }: NonNullable<AllPairs['errorReject']>): Table {
  return {
    title: 'Error versus reject',
    note: `False non-matches at similarity ${threshold.toFixed(4)} (FAR 1e-4 of all images) as the images of lowest quality are left out. Balanced: each person counts as often as they have images, not as often as they have comparisons.`,
    header: ['Rejected', 'Comparisons', 'FNMR', 'FNMR, people balanced'],
    rows: points.map((p) => [
      percent(p.rejected, 0),
      count(p.comparisons),
      percent(p.falseNonMatchRate, 3),
      percent(p.balancedRate, 3),
    ]),
  };
}

function groups({ falseMatchRate, rates }: NonNullable<AllPairs['groups']>): Table {
  const worst = (name: string, of: (row: GroupRates) => GroupRate | null): string => {
    const times = differential(rates.map(of));
    return `${name} ${times === null ? 'not known' : times.toFixed(2)}`;
  };
  return {
    title: 'Groups, most false matches first',
    note: `Differential performance (ISO/IEC 19795-10): comparisons within each group, at the similarity where all comparisons together have a false match rate of ${falseMatchRate}. Intervals: 95 %, bootstrap over people. The worst rate is so many times the geometric mean of the groups': ${worst('FMR', ({ falseMatch }) => falseMatch)}, ${worst('FNMR', ({ falseNonMatch }) => falseNonMatch)}.`,
    header: ['Group', 'People', 'Images', 'FMR', 'FNMR'],
    rows: rates.map((row) => [
      row.group,
      count(row.people),
      count(row.images),
      groupCell(row.falseMatch, (rate) => rate.toExponential(1)),
      groupCell(row.falseNonMatch, (rate) => percent(rate)),
    ]),
  };
}

function failureRow(name: string, { images, rate, reasons }: Failures): string[] {
  return [
    name,
    count(images),
    percent(rate, 3),
    Object.entries(reasons)
      .map(([reason, n]) => `${reason} ${count(n)}`)
      .join(', '),
  ];
}

function groupCell(rate: GroupRate | null, show: (value: number) => string): string {
  return rate === null
    ? 'no comparisons'
    : `${show(rate.rate)} (${rate.interval.map(show).join(' to ')}), ${count(rate.errors)} of ${count(rate.comparisons)}`;
}

const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)}\u00a0%`;
const count = (n: number): string => n.toLocaleString('en');
