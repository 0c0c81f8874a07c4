import { ENROLMENT_RULES } from '#core/enrolment';
import { ENROLMENT_GATE, RECOGNITION_GATE, STAGES, type Stage } from '#core/recognition';
import type { CalibrationCheck } from './calibration-check.ts';
import type { Comparisons } from './compare.ts';
import type { RejectPoint } from './error-reject.ts';
import { countFailures, type Failures } from './failures.ts';
import type { GroupRates } from './groups.ts';
import type { IdentificationRates } from './identification.ts';
import { median, Rates } from './metrics.ts';
import type { Enrolment } from './templates.ts';

const FALSE_ACCEPT_RATES = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6] as const;

/** What only all pairs tell; null where there is too little data. */
export interface AllPairs {
  /** With the calibration that the appliance uses; null when the network has none. */
  readonly identification: readonly IdentificationRates[] | null;
  readonly calibrationCheck: CalibrationCheck | null;
  readonly errorReject: { readonly threshold: number; readonly points: readonly RejectPoint[] } | null;
  /** At the similarity where all comparisons together have this rate of false matches. */
  readonly groups: { readonly falseMatchRate: number; readonly rates: readonly GroupRates[] } | null;
}

export interface Report {
  readonly modelId: string;
  readonly people: number;
  readonly images: number;
  /** Images that give no template: no face was found, or they could not be decoded. */
  readonly failuresToAcquire: Failures;
  /** Those, and the ones that the gate of enrolment refuses. */
  readonly failuresToEnrol: Failures;
  /** Those, and the ones that the gate for pictures sent to an API refuses. */
  readonly failuresToUpload: Failures;
  /** Those, and the ones that the more lenient gate of recognition refuses. */
  readonly failuresToRecognise: Failures;
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
  /** Null when pairs were given. */
  readonly allPairs: AllPairs | null;
  /** Medians per image with a face. */
  readonly milliseconds: { readonly total: number } & Readonly<Record<Stage, number>>;
}

export function makeReport(
  modelId: string,
  enrolments: readonly Enrolment[],
  { genuine, impostor, rank1 }: Comparisons,
  allPairs: AllPairs | null,
): Report {
  const rates = new Rates(genuine, impostor);
  const timings = enrolments.filter(({ template }) => template !== null).map((e) => e.milliseconds);
  const stage = (name: Stage): number => median(timings.map((t) => t[name] ?? 0));
  return {
    modelId,
    people: new Set(enrolments.map(({ person }) => person)).size,
    images: enrolments.length,
    failuresToAcquire: countFailures(enrolments),
    failuresToEnrol: countFailures(enrolments, ENROLMENT_GATE),
    failuresToUpload: countFailures(enrolments, ENROLMENT_RULES.faceauth.gate),
    failuresToRecognise: countFailures(enrolments, RECOGNITION_GATE),
    genuineComparisons: genuine.total,
    impostorComparisons: impostor.total,
    equalError: rates.equalError(),
    operatingPoints: FALSE_ACCEPT_RATES.filter((far) => rates.supports(far)).map((far) => rates.at(far)),
    unsupportedRates: FALSE_ACCEPT_RATES.filter((far) => !rates.supports(far)),
    rank1,
    allPairs,
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
