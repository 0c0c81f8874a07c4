import type { z } from 'zod';
import type { Verification } from '#contract';
import { ENROLMENT_RULES, keyOfName, referenceFrom } from '#core/enrolment';
import type { Gallery } from '#core/gallery';
import type { Calibration } from '#core/matching';
import type { AnalysedFace, Recognizer } from '#core/recognition';
import { DEFAULT_COLLECTION } from '../default-collection.ts';
import { scoreOf } from './score.ts';

const rules = ENROLMENT_RULES.faceauth;

/**
 * Enrol a person by name, or give one more pictures.
 * @param images encoded; all have to be fit
 * @returns the number of the person @throws what the rules refuse
 */
export async function enrolNamed(
  gallery: Gallery,
  recognizer: Recognizer,
  name: string,
  images: readonly Uint8Array[],
): Promise<number> {
  const references = [];
  for (const image of images) references.push((await referenceFrom({ recognizer }, image, rules)).reference);
  await gallery.ensureCollection(DEFAULT_COLLECTION);
  const { face } = await rules.enrol(gallery, DEFAULT_COLLECTION, {
    externalKey: keyOfName(name),
    references,
    ...(name.length <= 200 && { metadata: { name } }),
  });
  return await gallery.numberOf(DEFAULT_COLLECTION, face.faceId);
}

/** Whether a face is the named person's, and not another one's rather. */
export async function verifyNamed(
  gallery: Gallery,
  calibration: Calibration,
  name: string,
  { template, descriptor }: Pick<AnalysedFace, 'template' | 'descriptor'>,
): Promise<z.infer<typeof Verification>> {
  const named = await gallery.faceIdsByExternalKey(DEFAULT_COLLECTION, keyOfName(name));
  const best = await gallery.identify(DEFAULT_COLLECTION, template, { threshold: 0, descriptor });
  const isNamed = best.faceId !== null && named.includes(best.faceId);
  const score = scoreOf(best.similarity, calibration);
  if (isNamed && score.match) {
    const id = await gallery.numberOf(DEFAULT_COLLECTION, best.faceId);
    return {
      success: true,
      ...score,
      status: 'match',
      identity: name,
      message: `Verified as ${name}`,
      user: { id, external_user_id: name, name },
    };
  }
  const [first] = named;
  // A client learns neither how like another person the picture is, nor who that is.
  const own = isNamed
    ? score
    : first === undefined
      ? { confidence: 0, distance: 1 }
      : scoreOf(
          (await gallery.compare(DEFAULT_COLLECTION, first, template, descriptor)).similarity,
          calibration,
        );
  return {
    success: true,
    ...own,
    match: false,
    status: !isNamed && score.match ? 'identity_mismatch' : 'no_match',
    identity: null,
    message: `Not verified as ${name}`,
    user: null,
  };
}
