import { join } from 'node:path';
import type { BoundingBox, ModelSetName } from '#contract';
import { alignFace, ARCFACE_ALIGNMENT } from './align.ts';
import { decodeImage } from './decode.ts';
import { byDominance, type ScoredBox } from './detect.ts';
import { toTemplate } from './embedding.ts';
import { Network } from './network.ts';
import type { NetworkSet } from './networks.ts';
import { measureFace } from './quality.ts';
import { Raster } from './raster.ts';
import { NETWORK_SETS } from './sets.ts';
import type { DetectedFace, ImageAnalysis, Stage } from './types.ts';

/** All steps from encoded bytes to a template, on the thread that calls. */
export class Pipeline {
  readonly #set: NetworkSet;
  readonly #detector: Network;
  readonly #landmarker: Network;
  readonly #embedder: Network;

  private constructor(set: NetworkSet, detector: Network, landmarker: Network, embedder: Network) {
    this.#set = set;
    this.#detector = detector;
    this.#landmarker = landmarker;
    this.#embedder = embedder;
  }

  /** @throws LintelError `model-missing`, `model-corrupt` */
  static async load(weightsDir: string, setName: ModelSetName): Promise<Pipeline> {
    const set = NETWORK_SETS[setName];
    const [detector, landmarker, embedder] = await Promise.all(
      [set.detector, set.landmarker, set.embedder].map(({ file, shape }) =>
        Network.load(join(weightsDir, file), shape),
      ),
    );
    return new Pipeline(set, detector as Network, landmarker as Network, embedder as Network);
  }

  /** See {@link Recognizer.analyse}. */
  async analyse(bytes: Uint8Array): Promise<ImageAnalysis> {
    const milliseconds: Partial<Record<Stage, number>> = {};
    const timed = async <T>(stage: Stage, step: () => T | Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await step();
      milliseconds[stage] = performance.now() - start;
      return result;
    };

    const { detector, landmarker, embedder } = this.#set;
    const decoded = await timed('decode', () => decodeImage(bytes));
    const image = new Raster(decoded);
    const found = await timed('detect', () => detector.detect(this.#detector, image));
    const [dominant, ...others] = byDominance(found, image.width, image.height);
    const size = { width: decoded.originalWidth, height: decoded.originalHeight };
    if (!dominant) return { ...size, face: null, others: [], milliseconds };

    const landmarks = await timed('landmarks', () => landmarker.locate(this.#landmarker, image, dominant));
    const aligned = await timed('align', () => alignFace(image, landmarks, embedder.alignment));
    const { template, norm } = await timed('embed', async () =>
      toTemplate(await embedder.embed(this.#embedder, aligned), embedder.dimension),
    );
    const { scale } = decoded;
    const measurements = measureFace({
      // Light is measured on the same cut whatever the embedder looks at.
      aligned:
        embedder.alignment === ARCFACE_ALIGNMENT ? aligned : alignFace(image, landmarks, ARCFACE_ALIGNMENT),
      landmarks,
      image,
      confidence: detector.confidence(dominant.score),
      embeddingNorm: embedder.normTells ? norm : null,
    });
    return {
      ...size,
      face: {
        ...toDetectedFace(dominant, scale),
        landmarks: landmarks.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
        template,
        measurements,
      },
      others: others.map((box) => toDetectedFace(box, scale)),
      milliseconds,
    };
  }
}

/** In whole pixels of the original, edges rounded outwards by less than one. */
function toDetectedFace(box: ScoredBox, scale: number): DetectedFace {
  const x = Math.round(box.x * scale);
  const y = Math.round(box.y * scale);
  const boundingBox: BoundingBox = {
    x,
    y,
    width: Math.max(1, Math.round((box.x + box.width) * scale) - x),
    height: Math.max(1, Math.round((box.y + box.height) * scale) - y),
  };
  return { confidence: box.score, boundingBox };
}
