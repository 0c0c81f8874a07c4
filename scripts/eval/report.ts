import { STAGES, type Stage } from '#core/recognition';
import type { Comparisons } from './compare.ts';
import { median, Rates } from './metrics.ts';
import type { Enrolment } from './templates.ts';

const FALSE_ACCEPT_RATES = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const;

export interface Report {
  readonly modelId: string;
  readonly people: number;
  readonly images: number;
  /** Images without a face that the detector found, and images that could not be decoded. */
  readonly failuresToDetect: number;
  readonly failureToDetectRate: number;
  readonly unreadable: number;
  readonly genuineComparisons: number;
  readonly impostorComparisons: number;
  readonly equalError: { readonly rate: number; readonly similarity: number };
  /** Only at rates that the number of impostor comparisons supports (rule of three). */
  readonly operatingPoints: readonly {
    readonly far: number;
    readonly tar: number;
    readonly similarity: number;
  }[];
  readonly unsupportedRates: readonly number[];
  readonly rank1: { readonly rate: number; readonly probes: number } | null;
  /** Medians per image with a face. */
  readonly milliseconds: { readonly total: number } & Readonly<Record<Stage, number>>;
}

export function makeReport(
  modelId: string,
  enrolments: readonly Enrolment[],
  { genuine, impostor, rank1 }: Comparisons,
): Report {
  const rates = new Rates(genuine, impostor);
  const missed = enrolments.filter(({ failure }) => failure === 'no-face').length;
  const unreadable = enrolments.filter(({ failure }) => failure !== null).length - missed;
  const timings = enrolments.filter(({ template }) => template !== null).map((e) => e.milliseconds);
  const stage = (name: Stage): number => median(timings.map((t) => t[name] ?? 0));
  return {
    modelId,
    people: new Set(enrolments.map(({ person }) => person)).size,
    images: enrolments.length,
    failuresToDetect: missed,
    failureToDetectRate: missed / enrolments.length,
    unreadable,
    genuineComparisons: genuine.total,
    impostorComparisons: impostor.total,
    equalError: rates.equalError(),
    operatingPoints: FALSE_ACCEPT_RATES.filter((far) => rates.supports(far)).map((far) => rates.at(far)),
    unsupportedRates: FALSE_ACCEPT_RATES.filter((far) => !rates.supports(far)),
    rank1,
    milliseconds: {
      total: median(timings.map((t) => STAGES.reduce((sum, name) => sum + (t[name] ?? 0), 0))),
      decode: stage('decode'),
      detect: stage('detect'),
      landmarks: stage('landmarks'),
      align: stage('align'),
      embed: stage('embed'),
    },
  };
}

const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)} %`;
const count = (n: number): string => n.toLocaleString('en');

/** The report for people to read. */
export function formatReport(r: Report): string {
  const rows: [string, string][] = [
    ['Model', r.modelId],
    ['Images', `${count(r.images)} of ${count(r.people)} people`],
    ['Failures to detect', `${count(r.failuresToDetect)} (${percent(r.failureToDetectRate, 3)})`],
    ['Unreadable images', count(r.unreadable)],
    [
      'Comparisons',
      `${count(r.genuineComparisons)} of the same person, ${count(r.impostorComparisons)} of different people`,
    ],
    ['Equal error rate', `${percent(r.equalError.rate)} at similarity ${r.equalError.similarity.toFixed(4)}`],
    ...r.operatingPoints.map(({ far, tar, similarity }): [string, string] => [
      `TAR at FAR ${far.toExponential(0)}`,
      `${percent(tar)} at similarity ${similarity.toFixed(4)}`,
    ]),
    ...r.unsupportedRates.map((far): [string, string] => [
      `TAR at FAR ${far.toExponential(0)}`,
      'too few comparisons to say',
    ]),
    ['Rank 1', r.rank1 ? `${percent(r.rank1.rate)} of ${count(r.rank1.probes)} images` : 'needs all pairs'],
    [
      'Median time',
      `${r.milliseconds.total.toFixed(1)} ms per image (${STAGES.map((s) => `${s} ${r.milliseconds[s].toFixed(1)}`).join(', ')})`,
    ],
  ];
  return rows.map(([name, value]) => `${name.padEnd(20)} ${value}\n`).join('');
}
