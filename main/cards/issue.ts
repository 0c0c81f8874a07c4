import type { Consent, NewCard } from '#contract';
import { referencesFrom, type PictureRules, type References } from '#core/enrolment';
import type { Calibration } from '#core/matching';
import type { Recognizer } from '#core/recognition';
import type { Cards } from './cards.ts';

/**
 * Make a card out of pictures of one person: of those that may be enrolled, the best one's template. No picture and no template
 * is kept.
 * @param images encoded JPEG or PNG
 * @returns null in place of a card where no picture could be used
 * @throws as `referencesFrom` and `Cards.issue`
 */
export async function issueFrom(
  cards: Pick<Cards, 'issue'>,
  serving: { readonly recognizer: Recognizer; readonly calibration: Calibration },
  images: readonly Uint8Array[],
  rules: PictureRules,
  card: NewCard,
  consent: Consent | null,
): Promise<Omit<References, 'references'> & { readonly card: Awaited<ReturnType<Cards['issue']>> | null }> {
  const { references, ...rest } = await referencesFrom(
    { recognizer: serving.recognizer, calibration: serving.calibration },
    images,
    { ...rules, keepsPicture: 'no' },
  );
  const [best] = references.toSorted((a, b) => b.quality - a.quality);
  if (best === undefined) return { card: null, ...rest };
  const { modelId, template } = best;
  return { card: await cards.issue(card, { consent, modelId, template, faceId: null }), ...rest };
}
