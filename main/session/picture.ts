import type { EvidenceFrame } from '#core/liveness';
import { checkGate, type AnalysedFace, type ImageAnalysis, type QualityGate } from '#core/recognition';
import { awayFromFrontal } from './decision.ts';

/** An encoded image and what was found in it. */
export interface Picture {
  /** Made its template. */
  readonly modelId: string;
  readonly image: Uint8Array;
  readonly analysis: ImageAnalysis & { readonly face: AnalysedFace };
}

/** A frame of a visit with its encoded image. */
export type AnalysedFrame = EvidenceFrame & { readonly image: Uint8Array; readonly analysis: ImageAnalysis };

/** The most frontal of the frontal frames that pass a gate, or null. */
export function bestPicture(
  frames: readonly AnalysedFrame[],
  gate: QualityGate,
  modelId: string,
): Picture | null {
  const [best] = frames
    .flatMap(({ moment, image, analysis: { face, ...rest } }) =>
      moment.kind === 'frontal' && face && checkGate(gate, face.measurements).length === 0
        ? [{ modelId, image, analysis: { ...rest, face } }]
        : [],
    )
    .toSorted((a, b) => awayFromFrontal(a.analysis.face) - awayFromFrontal(b.analysis.face));
  return best ?? null;
}
