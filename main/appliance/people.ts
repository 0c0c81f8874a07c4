import { LintelError, QualityCode, type Face, type FaceMetadata, type KioskOutput } from '#contract';
import type { Gallery } from '#core/gallery';
import { checkGate, ENROLMENT_GATE, rateQuality, RECOGNITION_GATE, type Recognizer } from '#core/recognition';
import type { NewReference } from '#core/store';

export interface Enrolment {
  readonly metadata: FaceMetadata;
  readonly externalKey: string | null;
  readonly images: readonly Uint8Array[];
  readonly source: NewReference['source'];
}

/** Whoever stands at the camera can mend things; a photograph from elsewhere is the only one there is. */
const GATES = { camera: ENROLMENT_GATE, file: RECOGNITION_GATE, api: RECOGNITION_GATE } as const;

type Usable = { readonly reference: NewReference };
type Rejected = { readonly rejected: KioskOutput<'people.enrol'>['rejected'][number] };

/**
 * Enrols one person from all images that show a face; the others are named with the reason.
 * @throws LintelError `external-key-in-use`, `busy` and faults; then nothing was stored
 */
export async function enrolPerson(
  recognizer: Recognizer,
  gallery: Gallery,
  collectionId: string,
  { metadata, externalKey, images, source }: Enrolment,
): Promise<{ face: Face | null; rejected: Rejected['rejected'][] }> {
  const { references, rejected } = await referencesFrom(recognizer, images, source);
  if (references.length === 0) return { face: null, rejected };
  const face = await gallery.enrol(collectionId, { references, externalKey, metadata });
  return { face, rejected };
}

/** The references that images give, and the images that give none. @throws LintelError `busy` and faults */
export async function referencesFrom(
  recognizer: Recognizer,
  images: readonly Uint8Array[],
  source: NewReference['source'],
): Promise<{ references: NewReference[]; rejected: Rejected['rejected'][] }> {
  const results = await Promise.all(
    images.map((image, index) => asReference(recognizer, image, index, source)),
  );
  return {
    references: results.flatMap((result) => ('reference' in result ? [result.reference] : [])),
    rejected: results.flatMap((result) => ('rejected' in result ? [result.rejected] : [])),
  };
}

async function asReference(
  recognizer: Recognizer,
  image: Uint8Array,
  index: number,
  source: NewReference['source'],
): Promise<Usable | Rejected> {
  try {
    const { face } = await recognizer.analyse(image);
    if (face === null) throw new LintelError('no-face');
    const { template, measurements } = face;
    const [failure] = checkGate(GATES[source], measurements);
    if (failure !== undefined) throw new LintelError(failure);
    const quality = rateQuality(measurements).score;
    return { reference: { modelId: recognizer.modelId, template, quality, source } };
  } catch (error) {
    if (!isAboutTheImage(error)) throw error;
    return { rejected: { index, ...error.toBody() } };
  }
}

const isAboutTheImage = (error: unknown): error is LintelError =>
  error instanceof LintelError &&
  (error.code === 'no-face' || error.code.startsWith('image-') || QualityCode.safeParse(error.code).success);
