import {
  decideIdentity,
  MARGIN,
  shuffled,
  type Calibration,
  type Candidate,
  type Policy,
  type Proportion,
} from '#core/matching';
import { proportion } from './proportion.ts';

/** The share of visits by people who are not enrolled that may end in a match. */
export const TARGET_RATE = 1e-3;

const POLICY: Policy = { falsePositiveRate: TARGET_RATE, margin: MARGIN };

/** Galleries drawn of each size; averaging them leaves less to the luck of who is enrolled. */
const GALLERIES = 10;

/** Images of labelled people and how similar each two of them are, by position. */
export interface LabelledSimilarities {
  readonly people: readonly string[];
  readonly at: (i: number, j: number) => number;
}

/** Searches added up over `galleries` galleries of one size. */
interface Tally {
  readonly galleries: number;
  readonly thresholds: readonly number[];
  readonly mated: { readonly searches: number; readonly missed: number };
  readonly nonMated: { readonly searches: number; readonly matched: number };
}

/** One size of gallery. Counts are means per gallery, intervals those of one gallery. */
export interface IdentificationRates {
  readonly gallerySize: number;
  readonly galleries: number;
  /** Mean of the thresholds used. */
  readonly similarity: number;
  /** Of searches by people who are not enrolled: those that match anybody. */
  readonly falsePositive: Proportion;
  /** Of searches by enrolled people: those that do not end with that person. */
  readonly falseNegative: Proportion;
}

/**
 * Open-set identification: one image of each of `size` people is enrolled, every other image searched for and decided on
 * as at a kiosk. People who are not enrolled are the ones left over; when all are enrolled, every image is searched for
 * once more with its own person's reference left out. (ISO/IEC 19795-1: FPIR and FNIR at rank 1.)
 * @throws RangeError when there are fewer people than `size`
 */
export function searchGalleries(
  { people, at }: LabelledSimilarities,
  calibration: Calibration,
  size: number,
  random: () => number,
): Tally {
  const images = Map.groupBy(people.keys(), (image) => people[image]!);
  if (size > images.size) throw new RangeError('There are too few people for this gallery.');
  const everybody = size === images.size;
  let [mated, missed, nonMated, matched] = [0, 0, 0, 0];
  for (let draw = 0; draw < GALLERIES; draw++) {
    const enrolled = shuffled(images.keys(), random).slice(0, size);
    const references = new Map(
      enrolled.map((person) => {
        const own = images.get(person)!;
        return [person, own[Math.floor(random() * own.length)]!];
      }),
    );
    const gallery = Int32Array.from(references.values());
    for (const [image, person] of people.entries()) {
      const own = references.get(person);
      let [best, second] = [-Infinity, -Infinity];
      for (const reference of gallery) {
        if (reference === own) continue;
        const similarity = at(image, reference);
        if (similarity > second) [best, second] = similarity > best ? [similarity, best] : [best, similarity];
      }
      const strangers: Candidate[] = [
        { faceId: 'stranger', similarity: best },
        { faceId: 'another stranger', similarity: second },
      ];
      if (own === undefined || everybody) {
        nonMated++;
        if (decideIdentity(strangers, size, calibration, POLICY).kind === 'known') matched++;
      }
      if (own !== undefined && own !== image) {
        mated++;
        const candidates = [{ faceId: 'own', similarity: at(image, own) }, ...strangers];
        const verdict = decideIdentity(
          candidates.toSorted((a, b) => b.similarity - a.similarity),
          size,
          calibration,
          POLICY,
        );
        if (!(verdict.kind === 'known' && verdict.person.faceId === 'own')) missed++;
      }
    }
  }
  return {
    galleries: GALLERIES,
    thresholds: [calibration.similarityAtRate(TARGET_RATE / size)],
    mated: { searches: mated, missed },
    nonMated: { searches: nonMated, matched },
  };
}

/** The rates of galleries of one size, over all tallies. */
export function identificationRates(gallerySize: number, tallies: readonly Tally[]): IdentificationRates {
  const sum = (of: (tally: Tally) => number): number =>
    tallies.reduce((total, tally) => total + of(tally), 0);
  const galleries = sum((tally) => tally.galleries);
  const thresholds = tallies.flatMap((tally) => tally.thresholds);
  return {
    gallerySize,
    galleries,
    similarity: thresholds.reduce((total, threshold) => total + threshold, 0) / thresholds.length,
    falsePositive: proportion(
      sum(({ nonMated }) => nonMated.matched) / galleries,
      sum(({ nonMated }) => nonMated.searches) / galleries,
    ),
    falseNegative: proportion(
      sum(({ mated }) => mated.missed) / galleries,
      sum(({ mated }) => mated.searches) / galleries,
    ),
  };
}

/** The sizes to report: 100, 1,000 and all, as far as there are people. */
export function gallerySizes(people: readonly string[]): number[] {
  const all = new Set(people).size;
  return [...[100, 1000].filter((size) => size < all), all];
}
