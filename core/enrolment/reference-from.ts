import { LintelError } from '#contract';
import {
  cutOutFace,
  rateQuality,
  requireFace,
  type AnalysedFace,
  type ImageAnalysis,
  type Recognizer,
} from '#core/recognition';
import type { NewReference } from '#core/store';
import { liveLookOf, looksLive } from './look-live.ts';
import type { EnrolmentRules } from './rules.ts';

/** A picture that may be enrolled. */
export interface Admitted {
  readonly reference: NewReference;
  readonly analysis: ImageAnalysis & { readonly face: AnalysedFace };
  /** 0..1; null where the rules do not ask. */
  readonly live: number | null;
}

/**
 * The reference that a picture gives.
 * @param image encoded JPEG or PNG
 * @throws LintelError `image-*`, `no-face`, the codes of quality, `not-live`, `busy`
 */
export async function referenceFrom(
  recognizer: Recognizer,
  image: Uint8Array,
  { gate, leastSide, mustLookLive, keepsPicture }: EnrolmentRules,
): Promise<Admitted> {
  const analysis = await recognizer.analyse(image, { passive: mustLookLive });
  const { width, height } = analysis;
  if (Math.min(width, height) < leastSide) throw new LintelError('image-too-small');
  const face = requireFace(analysis, gate);
  const live = mustLookLive ? liveLookOf(analysis) : null;
  if (live !== null && !looksLive(live)) throw new LintelError('not-live');
  const kept = keepsPicture ? await cutOutFace(recognizer, image, face) : null;
  return {
    reference: {
      modelId: recognizer.modelId,
      template: face.template,
      quality: rateQuality(face.measurements).score,
      source: 'api',
      ...(kept !== null && { image: kept }),
    },
    analysis: { ...analysis, face },
    live,
  };
}
