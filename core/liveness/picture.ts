import {
  checkGate,
  type AnalysedFace,
  type FaceMeasurements,
  type ImageAnalysis,
  type QualityGate,
  type Recognizer,
} from '#core/recognition';
import type { VisitFrame } from '#contract';
import type { FrameMemory } from './frame-memory.ts';
import type { EvidenceFrame, FrameTrace } from './types.ts';

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

/** Degrees between the face and the camera. */
export const awayFromFrontal = ({
  measurements: { yaw, pitch },
}: {
  readonly measurements: Pick<FaceMeasurements, 'yaw' | 'pitch'>;
}): number => Math.hypot(yaw, pitch);

/**
 * Find out what a frame shows, and what it is known again by.
 * @param arrivedAt milliseconds of main's clock; null where it came with all others when the visit ended
 * @throws LintelError `image-*`, `busy`
 */
export async function analyseFrame(
  recognizer: Pick<Recognizer, 'analyse'>,
  memory: Pick<FrameMemory, 'digestOf'>,
  { image, capturedAt, moment }: VisitFrame,
  arrivedAt: number | null = null,
): Promise<AnalysedFrame> {
  return {
    image,
    moment,
    capturedAt,
    arrivedAt,
    digest: await memory.digestOf(image),
    analysis: await recognizer.analyse(
      image,
      moment.kind === 'light' ? { colours: true } : { passive: true },
    ),
  };
}

export const traceOf = ({ digest, analysis }: EvidenceFrame): FrameTrace => ({
  digest,
  print: analysis.face?.passive?.print ?? null,
});
