import type { BoundingBox, ModelSetName } from '#contract';
import { alignFace, ARCFACE_ALIGNMENT } from './align.ts';
import { decodeImage } from './decode.ts';
import { byDominance, type ScoredBox } from './detect.ts';
import { toTemplate } from './embedding.ts';
import { Network } from './network.ts';
import type { NetworkSet } from './networks.ts';
import { printOf, scoreLive } from './passive.ts';
import { measureFace } from './quality.ts';
import { Raster } from './raster.ts';
import { NETWORK_SETS } from './sets.ts';
import type { NetworkFile } from './weights.ts';
import type { AnalyseOptions, DetectedFace, ImageAnalysis, Stage } from './analysis.ts';

/** All steps from encoded bytes to a template, on the thread that calls. */
export class Pipeline {
  readonly #set: NetworkSet;
  readonly #detector: Network;
  readonly #landmarker: Network;
  readonly #embedder: Network;
  readonly #passive: Network | null;

  private constructor(
    set: NetworkSet,
    detector: Network,
    landmarker: Network,
    embedder: Network,
    passive: Network | null,
  ) {
    this.#set = set;
    this.#detector = detector;
    this.#landmarker = landmarker;
    this.#embedder = embedder;
    this.#passive = passive;
  }

  /** @throws LintelError `model-missing`, `model-corrupt` */
  static async load(weightsDir: string, setName: ModelSetName): Promise<Pipeline> {
    const set = NETWORK_SETS[setName];
    const load = (file: NetworkFile): Promise<Network> => Network.load(weightsDir, file);
    const [detector, landmarker, embedder, passive] = await Promise.all([
      load(set.detector),
      load(set.landmarker),
      load(set.embedder),
      set.passive === null ? null : load(set.passive),
    ]);
    return new Pipeline(set, detector, landmarker, embedder, passive);
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
    // Light is measured, and prints are taken, on the same cut whatever the embedder looks at.
    const standard =
      embedder.alignment === ARCFACE_ALIGNMENT ? aligned : alignFace(image, landmarks, ARCFACE_ALIGNMENT);
    const measurements = measureFace({
      aligned: standard,
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
        passive: passive
          ? {
              live: this.#passive && (await scoreLive(this.#passive, image, dominant)),
              print: printOf(standard),
            }
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
