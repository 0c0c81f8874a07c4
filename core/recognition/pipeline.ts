import { join } from 'node:path';
import type { BoundingBox } from '#contract';
import { decodeImage } from './decode.ts';
import { byDominance, detectFaces, DETECTOR, type ScoredBox } from './detect.ts';
import { alignFace, embedFace, EMBEDDER } from './embed.ts';
import { findLandmarks, LANDMARKER } from './landmarks.ts';
import { Network } from './network.ts';
import { PASSIVE, printOf, scoreLive } from './passive.ts';
import { measureFace } from './quality.ts';
import { Raster } from './raster.ts';
import type { AnalyseOptions, DetectedFace, ImageAnalysis, Stage } from './types.ts';

/** All steps from encoded bytes to a template, on the thread that calls. */
export class Pipeline {
  readonly #detector: Network;
  readonly #landmarker: Network;
  readonly #embedder: Network;
  readonly #passive: Network;

  private constructor(detector: Network, landmarker: Network, embedder: Network, passive: Network) {
    this.#detector = detector;
    this.#landmarker = landmarker;
    this.#embedder = embedder;
    this.#passive = passive;
  }

  /** @throws LintelError `model-missing`, `model-corrupt` */
  static async load(weightsDir: string): Promise<Pipeline> {
    const [detector, landmarker, embedder, passive] = await Promise.all(
      [DETECTOR, LANDMARKER, EMBEDDER, PASSIVE].map(({ file, shape }) =>
        Network.load(join(weightsDir, file), shape),
      ),
    );
    return new Pipeline(detector as Network, landmarker as Network, embedder as Network, passive as Network);
  }

  /** See {@link Recognizer.analyse}. */
  async analyse(bytes: Uint8Array, { passive = false }: AnalyseOptions = {}): Promise<ImageAnalysis> {
    const milliseconds: Partial<Record<Stage, number>> = {};
    const timed = async <T>(stage: Stage, step: () => T | Promise<T>): Promise<T> => {
      const start = performance.now();
      const result = await step();
      milliseconds[stage] = performance.now() - start;
      return result;
    };

    const decoded = await timed('decode', () => decodeImage(bytes));
    const image = new Raster(decoded);
    const found = await timed('detect', () => detectFaces(this.#detector, image));
    const [dominant, ...others] = byDominance(found, image.width, image.height);
    const size = { width: decoded.originalWidth, height: decoded.originalHeight };
    if (!dominant) return { ...size, face: null, others: [], milliseconds };

    const landmarks = await timed('landmarks', () => findLandmarks(this.#landmarker, image, dominant));
    const aligned = await timed('align', () => alignFace(image, landmarks));
    const { template, norm } = await timed('embed', () => embedFace(this.#embedder, aligned));
    const { scale } = decoded;
    const measurements = measureFace({
      aligned,
      landmarks,
      image,
      confidence: dominant.score,
      embeddingNorm: norm,
    });
    return {
      ...size,
      face: {
        ...toDetectedFace(dominant, scale),
        landmarks: landmarks.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
        template,
        measurements,
        passive: passive
          ? { live: await scoreLive(this.#passive, image, dominant), print: printOf(aligned) }
          : null,
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
