import { LintelError, QualityCode, type ErrorBody } from '#contract';
import { samePersonOf } from '#core/liveness';
import { isCopy, similarity, type Calibration } from '#core/matching';
import type { NewReference } from '#core/store';
import { referenceFrom, SeveralFacesError, type ReferenceOptions } from './reference.ts';
import type { PictureRules } from './rules.ts';

/** What several pictures of one person give. Pictures go by their place in the list, from 0. */
export interface References {
  readonly references: NewReference[];
  /** Pictures that give none, with the reason, and with how many faces they show where those are too many. */
  readonly rejected: ({ readonly index: number; readonly faceCount?: number } & ErrorBody)[];
  /** Of the pictures used, those in which smaller faces were passed over, and how many. */
  readonly withOthers: { readonly index: number; readonly count: number }[];
}

type Rejected = References['rejected'][number];

interface Usable {
  readonly index: number;
  readonly reference: NewReference;
  readonly others: number;
}

/**
 * The references that pictures of one person give. A picture that shows another person than the rest gives none, and neither
 * does one that is nearly the same as an earlier one: it would fill a place and recognise the person in no more of their visits.
 * @param images encoded JPEG or PNG
 * @param options calibration: of the model that serves; likeness: how alike a reference is to those that the person has
 *   already, -1..1
 * @throws LintelError `busy` and faults
 */
export async function referencesFrom(
  options: ReferenceOptions & {
    readonly calibration: Calibration;
    readonly likeness?: (reference: NewReference) => Promise<number>;
  },
  images: readonly Uint8Array[],
  rules: PictureRules,
): Promise<References> {
  const results = await Promise.all(
    images.map(async (image, index): Promise<Usable | Rejected> => {
      try {
        const { reference, analysis } = await referenceFrom(options, image, rules);
        return { index, reference, others: analysis.others.length };
      } catch (error) {
        if (!isAboutTheImage(error)) throw error;
        const { faceCount } = error instanceof SeveralFacesError ? error : {};
        return { index, ...error.toBody(), ...(faceCount !== undefined && { faceCount }) };
      }
    }),
  );
  const usable = results.filter((result) => 'reference' in result);
  const strangers = strangersAmong(usable, samePersonOf(options.calibration).frontal);
  const ownPictures = usable.filter((each) => !strangers.includes(each));
  const copies = rules.copies === 'refused' ? await copiesAmong(ownPictures, options) : [];
  const rejected = [
    ...results.filter((result) => 'code' in result),
    ...strangers.map(({ index }) => ({ index, ...new LintelError('different-person').toBody() })),
    ...copies.map(({ index }) => ({ index, ...new LintelError('picture-repeats').toBody() })),
  ];
  const used = ownPictures.filter((each) => !copies.includes(each));
  return {
    references: used.map(({ reference }) => reference),
    withOthers: used.flatMap(({ index, others: count }) => (count > 0 ? [{ index, count }] : [])),
    rejected: rejected.toSorted((a, b) => a.index - b.index),
  };
}

/** Those that add nothing to an earlier one, or to what the person has. */
async function copiesAmong(
  pictures: readonly Usable[],
  { calibration: { scale }, likeness }: Parameters<typeof referencesFrom>[0],
): Promise<Usable[]> {
  const copies: Usable[] = [];
  for (const [i, each] of pictures.entries()) {
    const { reference } = each;
    const alike = pictures
      .slice(0, i)
      .filter((earlier) => !copies.includes(earlier))
      .map((earlier) => similarity(earlier.reference.template, reference.template));
    const enrolled = likeness === undefined ? -1 : await likeness(reference);
    if (isCopy(Math.max(enrolled, ...alike), scale)) copies.push(each);
  }
  return copies;
}

/** Those that are unlike the one that is most like all of them. */
function strangersAmong(usable: readonly Usable[], leastSimilarity: number): Usable[] {
  const alike = (a: Usable, b: Usable): number => similarity(a.reference.template, b.reference.template);
  const total = (each: Usable): number => usable.reduce((sum, other) => sum + alike(each, other), 0);
  const totals = usable.map(total);
  const typical = usable[totals.indexOf(Math.max(...totals))];
  return usable.filter((each) => alike(typical!, each) < leastSimilarity);
}

const isAboutTheImage = (error: unknown): error is LintelError =>
  error instanceof LintelError &&
  (error.code === 'no-face' ||
    error.code === 'several-faces' ||
    error.code === 'not-live' ||
    error.code.startsWith('image-') ||
    QualityCode.safeParse(error.code).success);
