import type { ImageAnalysis, Recognizer } from '#core/recognition';

export const SECOND_MODEL = 'second-model';

/**
 * The same networks as another embedding model: its templates hold the same numbers in reverse, so that they compare
 * among each other as before and with those of the first model not at all.
 */
export function secondModel(recognizer: Recognizer): Recognizer {
  return {
    ...recognizer,
    modelId: SECOND_MODEL,
    analyse: async (image) => asSecond(await recognizer.analyse(image)),
  };
}

const asSecond = (analysis: ImageAnalysis): ImageAnalysis =>
  analysis.face === null
    ? analysis
    : { ...analysis, face: { ...analysis.face, template: analysis.face.template.toReversed() } };
