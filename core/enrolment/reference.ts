import { LintelError, type Settings } from '#contract';
import { showsSeveralPeople, type Picture } from '#core/liveness';
import {
  cutOutFace,
  problemOf,
  rateQuality,
  RECOGNITION_GATE,
  requireFace,
  type Recognizer,
} from '#core/recognition';
import type { ModelTemplate, NewReference } from '#core/store';
import { liveLookOf, looksLive } from './look-live.ts';
import type { PictureRules } from './rules.ts';

/** What references are made with. */
export interface ReferenceOptions {
  /** The model that serves. */
  readonly recognizer: Recognizer;
  /**
   * The model that is set; by default the one that serves. When it does not serve yet, it is asked for a template where
   * no picture is kept.
   */
  readonly setModel?: Recognizer;
  /** What settings say of pictures, for rules that leave it to them. */
  readonly keepImages?: Settings['keepImages'];
}

/** An encoded JPEG or PNG in which a face was found. */
export type FacePicture = Pick<Picture, 'image' | 'analysis'>;

/** A picture that may be enrolled. */
export interface Admitted {
  readonly reference: NewReference;
  readonly analysis: FacePicture['analysis'];
  /** 0..1; null where the rules do not ask. */
  readonly live: number | null;
}

/** Several people are about as large in a picture, so that it cannot be told which one is meant. */
export class SeveralFacesError extends LintelError {
  /** How many faces the picture shows, small ones included. */
  readonly faceCount: number;

  constructor(faceCount: number) {
    super('several-faces', `(${faceCount} faces)`);
    this.faceCount = faceCount;
  }
}

/**
 * The reference that a picture gives.
 * @param image encoded JPEG or PNG
 * @throws LintelError `image-*`, `several-faces`, `no-face`, the codes of quality, `not-live`, `busy`
 */
export async function referenceFrom(
  options: ReferenceOptions,
  image: Uint8Array,
  { source, gate, leastSide, severalPeople, mustLookLive, keepsPicture }: PictureRules,
): Promise<Admitted> {
  const analysis = await options.recognizer.analyse(image, { passive: mustLookLive });
  const { width, height, others } = analysis;
  if (Math.min(width, height) < leastSide) throw new LintelError('image-too-small');
  if (severalPeople === 'refused' && showsSeveralPeople([analysis])) {
    throw new SeveralFacesError(others.length + 1);
  }
  const face = requireFace(analysis, gate);
  const live = mustLookLive ? liveLookOf(analysis) : null;
  if (live !== null && !looksLive(live)) throw new LintelError('not-live');
  const admitted = { ...analysis, face };
  const made = await referenceOf(options, { image, analysis: admitted }, keepsPicture);
  return { reference: { ...made, source }, analysis: admitted, live };
}

/**
 * The template of a picture that the serving model analysed, its quality, and what is kept for a later model.
 * @throws LintelError `busy` and faults
 */
export async function referenceOf(
  options: ReferenceOptions,
  { image, analysis: { face } }: FacePicture,
  keepsPicture: PictureRules['keepsPicture'],
): Promise<Omit<NewReference, 'source'>> {
  const { recognizer, keepImages = 'never' } = options;
  const keeps = keepsPicture === 'yes' || (keepsPicture === 'as-set' && keepImages !== 'never');
  const kept = keeps ? await cutOutFace(recognizer, image, face) : null;
  return {
    modelId: recognizer.modelId,
    template: face.template,
    quality: rateQuality(face.measurements).score,
    ...(face.descriptor && { descriptor: face.descriptor }),
    ...(kept === null ? await templateOfSetModel(options, image) : { image: kept }),
  };
}

/** The template of a model that is set and does not serve yet: without a picture it could not make one later. */
async function templateOfSetModel(
  { recognizer, setModel = recognizer }: ReferenceOptions,
  image: Uint8Array,
): Promise<Pick<NewReference, 'additional'>> {
  if (setModel.modelId === recognizer.modelId) return {};
  const analysis = await setModel.analyse(image);
  const additional: ModelTemplate[] =
    analysis.face === null || problemOf(analysis, RECOGNITION_GATE) !== null
      ? []
      : [{ modelId: setModel.modelId, template: analysis.face.template }];
  return { additional };
}
