import { join } from 'node:path';
import { LintelError, type ModelSetName } from '#contract';
import { loadCalibration, readGroups, seeded, type Calibration, type GroupOf } from '#core/matching';
import { rateQuality } from '#core/recognition';
import { checkCalibration } from './calibration-check.ts';
import { compareAll, comparePairs, type Comparisons, type Subject } from './compare.ts';
import { errorRejectCurve } from './error-reject.ts';
import { groupRates, groupsByCondition, groupsOfFolder, type Condition } from './groups.ts';
import {
  gallerySizes,
  identificationRates,
  searchGalleries,
  type LabelledSimilarities,
} from './identification.ts';
import { listImages, readPairs, type LabelledImage } from './images.ts';
import { Rates } from './metrics.ts';
import { progress } from './progress.ts';
import { makeReport, type AllPairs, type Report } from './report.ts';
import { Similarities } from './similarities.ts';
import { analyseImages } from './templates.ts';

/** Of everything drawn at random, so that a run can be repeated. */
const SEED = 1;

/** Where groups are compared: low enough to matter, high enough for small groups to have false matches. */
const GROUP_RATE = 1e-3;

/** Where images are rejected: the promise of the default threshold. */
const REJECT_RATE = 1e-4;

export interface Evaluation {
  readonly report: Report;
  readonly comparisons: Comparisons;
}

/** What is compared, and by what groups. */
export interface Comparing {
  /** Compares only these; otherwise each image with each other one. */
  readonly pairs?: string | undefined;
  /** A file of groups; default: `groups.csv` of the folder, if it has one. */
  readonly groups?: string | undefined;
  readonly groupBy?: Condition | undefined;
}

/**
 * Analyse the images of a folder once and measure everything there is data for.
 * @param modelsDir folder of the calibration tables, and of the networks in `weights/`
 */
export async function evaluate(
  { modelsDir, set }: { modelsDir: string; set: ModelSetName },
  dir: string,
  { pairs: pairsFile, groups: groupsFile, groupBy }: Comparing = {},
): Promise<Evaluation> {
  const images = await listImages(dir);
  const pairs = pairsFile === undefined ? null : await readPairs(pairsFile, images);
  const said = pairs ? null : await (groupsFile === undefined ? groupsOfFolder(dir) : readGroups(groupsFile));
  const weightsDir = join(modelsDir, 'weights');
  const { modelId, enrolments } = await analyseImages({ weightsDir, set }, dir, images);
  const subjects = enrolments.filter((e): e is typeof e & Subject => e.template !== null);
  if (pairs) {
    const comparisons = requireBoth(comparePairs(subjects, pairs));
    return { report: makeReport(modelId, enrolments, comparisons, null), comparisons };
  }

  const people = subjects.map(({ person }) => person);
  const similarities = new Similarities(
    subjects.map(({ template }) => template),
    progress('Comparing'),
  );
  const comparisons = requireBoth(compareAll(people, similarities));
  const labelled = { people, at: (i: number, j: number): number => similarities.at(i, j) };
  const qualities = subjects.map(({ measurements }) => rateQuality(measurements!).score);
  const calibration = await calibrationOf(modelsDir, modelId);
  const groupOf = groupBy === undefined ? said : groupsByCondition(subjects, groupBy);
  const allPairs = measure(labelled, qualities, comparisons, calibration, groupOf && { groupOf, subjects });
  return { report: makeReport(modelId, enrolments, comparisons, allPairs), comparisons };
}

function measure(
  labelled: LabelledSimilarities,
  qualities: readonly number[],
  { genuine, impostor }: Comparisons,
  calibration: Calibration | null,
  groups: { readonly groupOf: GroupOf; readonly subjects: readonly LabelledImage[] } | null,
): AllPairs {
  const rates = new Rates(genuine, impostor);
  const random = seeded(SEED);
  return {
    identification:
      calibration &&
      gallerySizes(labelled.people).map((size) =>
        identificationRates(size, [searchGalleries(labelled, calibration, size, random)]),
      ),
    calibrationCheck: checkCalibration(labelled, random),
    errorReject: rates.supports(REJECT_RATE)
      ? rejectWorst(labelled, qualities, rates.at(REJECT_RATE).similarity)
      : null,
    groups:
      groups && rates.supports(GROUP_RATE)
        ? {
            falseMatchRate: GROUP_RATE,
            rates: groupRates(
              labelled,
              (image) => groups.groupOf(groups.subjects[image]!),
              rates.at(GROUP_RATE).similarity,
            ),
          }
        : null,
  };
}

function rejectWorst(
  { people, at }: LabelledSimilarities,
  qualities: readonly number[],
  threshold: number,
): AllPairs['errorReject'] {
  const images = people.map((person, i) => ({ person, quality: qualities[i]! }));
  const byPerson = [...Map.groupBy(people.keys(), (image) => people[image]!).values()];
  const genuine = byPerson.flatMap((own) =>
    own.flatMap((a, i) => own.slice(i + 1).map((b) => ({ a, b, similarity: at(a, b) }))),
  );
  return { threshold, points: errorRejectCurve(images, genuine, threshold) };
}

/** The calibration in use; a network that an operator added may have none yet. */
async function calibrationOf(modelsDir: string, modelId: string): Promise<Calibration | null> {
  try {
    return await loadCalibration(modelsDir, modelId);
  } catch (error) {
    if (error instanceof LintelError && error.code === 'calibration-missing') return null;
    throw error;
  }
}

/** @throws LintelError `usage` unless there are pairs of both kinds */
function requireBoth(comparisons: Comparisons): Comparisons {
  if (comparisons.genuine.total > 0 && comparisons.impostor.total > 0) return comparisons;
  throw new LintelError('usage', 'Both pairs of one person and pairs of different people are needed.');
}
