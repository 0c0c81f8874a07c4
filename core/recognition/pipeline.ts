import { dirname } from 'node:path';
import type { BoundingBox, ModelSetName, QuarterTurn } from '#contract';
import { alignFace, ARCFACE_ALIGNMENT } from './align.ts';
import { decodeImage } from './decode.ts';
import { describeFace } from './descriptor.ts';
import { byDominance, type ScoredBox } from './detect.ts';
import { DLIB_RESNET } from './dlib-resnet.ts';
import { toTemplate } from './embedding.ts';
import { giveBack } from './give-back.ts';
import { Network } from './network.ts';
import type { NetworkSet } from './networks.ts';
import type { OwnEmbedder } from './own-embedder.ts';
import { loadOwn } from './own-network.ts';
import { scoreLive } from './passive.ts';
import { printOf } from './print.ts';
import { measureRegions } from './region-colours.ts';
import { measureLandmarkShift } from './landmark-shift.ts';
import { measureFace, type FaceMeasurements } from './quality.ts';
import { checkGate, RECOGNITION_GATE } from './quality-gate.ts';
import { measureLuma, measureSurroundings } from './surroundings.ts';
import { Raster, turned, type View } from './raster.ts';
import { NETWORK_SETS } from './sets.ts';
import { loadDiscriminants, type JudgeSpoiling } from './spoiling.ts';
import type { Point, Template } from './types.ts';
import { networkId, readWeights, type NetworkFile } from './weights.ts';
import type { AnalyseOptions, DetectedFace, ImageAnalysis, Stage } from './analysis.ts';

/** All steps from encoded bytes to a template, on the thread that calls. */
export class Pipeline {
  readonly #set: NetworkSet;
  readonly #detector: Network;
  readonly #landmarker: Network;
  readonly #embedder: Network;
  readonly #passive: Network | null;
  readonly #judges: Judges;
  readonly #weightsDir: string;
  #describer: Promise<Network> | null = null;

  private constructor(
    set: NetworkSet,
    detector: Network,
    landmarker: Network,
    embedder: Network,
    passive: Network | null,
    judges: Judges,
    weightsDir: string,
  ) {
    this.#set = set;
    this.#detector = detector;
    this.#landmarker = landmarker;
    this.#embedder = embedder;
    this.#passive = passive;
    this.#judges = judges;
    this.#weightsDir = weightsDir;
  }

  /**
   * @param own takes the place of the set's embedder
   * @throws LintelError `model-missing`, `model-corrupt`, `model-unfit`
   */
  static async load(
    weightsDir: string,
    setName: ModelSetName,
    own: OwnEmbedder | null = null,
  ): Promise<Pipeline> {
    const load = (file: NetworkFile): Promise<Network> => Network.load(weightsDir, file);
    const known = NETWORK_SETS[setName];
    const added = own && (await loadOwn(own));
    const set = added ? { ...known, embedder: added.embedder } : known;
    const modelId =
      own?.modelId ?? networkId(known.embedder.file, await readWeights(weightsDir, known.embedder.file));
    const [detector, landmarker, embedder, passive, spoiling, cover] = await Promise.all([
      load(set.detector),
      load(set.landmarker),
      added?.network ?? load(set.embedder),
      set.passive === null ? null : load(set.passive),
      loadDiscriminants(dirname(weightsDir), modelId, 'spoiling'),
      loadDiscriminants(dirname(weightsDir), modelId, 'covers'),
    ]);
    return new Pipeline(set, detector, landmarker, embedder, passive, { spoiling, cover }, weightsDir);
  }

  /** Runs every network once, on noise: a first run takes two to three times as long as later ones. */
  async warmUp(): Promise<void> {
    const [width, height] = [640, 480];
    const data = new Uint8Array(3 * width * height);
    // `Uint8Array.from` takes four times as long.
    for (let i = 0; i < data.length; i++) data[i] = (i * 7919) >> 5;
    const image = new Raster({ width, height, data });
    try {
      await this.#set.detector.detect(this.#detector, image);
      const box = { x: 220, y: 120, width: 200, height: 240, score: 1 };
      const look = await this.#lookAt(image, box, untimed);
      measureRegions(image, look.landmarks);
      if (this.#passive) await scoreLive(this.#passive, image, box);
    } finally {
      image.release();
    }
  }

  /** See {@link Recognizer.analyse}. */
  async analyse(bytes: Uint8Array, options: AnalyseOptions = {}): Promise<ImageAnalysis> {
    const milliseconds: Partial<Record<Stage, number>> = {};
    const timed: Timed = async (stage, step) => {
      const start = performance.now();
      const result = await step();
      milliseconds[stage] = performance.now() - start;
      return result;
    };

    const { image, scale, originalWidth, originalHeight } = await timed('decode', async () => {
      const { data, width, height, ...original } = await decodeImage(bytes);
      const image = new Raster({ data, width, height });
      giveBack(data);
      return { image, ...original };
    });
    try {
      const described = await this.#describe(image, scale, options, timed);
      return { width: originalWidth, height: originalHeight, ...described, milliseconds };
    } finally {
      image.release();
    }
  }

  async #describe(
    image: View,
    scale: number,
    { passive = false, descriptor = false, colours = false }: AnalyseOptions,
    timed: Timed,
  ): Promise<Pick<ImageAnalysis, 'face' | 'others' | 'turn' | 'luma'>> {
    const { found, dominant } = await this.#look(image, timed);
    const turn = await this.#turnOf(image, dominant);
    const face = dominant && {
      ...toDetectedFace(dominant.box, scale),
      landmarks: dominant.landmarks.map(({ x, y }) => ({ x: x * scale, y: y * scale })),
      template: dominant.template,
      measurements: { ...dominant.measurements, turn },
      passive: passive
        ? {
            live: this.#passive && (await scoreLive(this.#passive, image, dominant.box)),
            print: dominant.print,
          }
        : null,
      ...(descriptor && {
        descriptor: await describeFace(await this.#loadDescriber(), image, dominant.landmarks),
      }),
      ...(colours && { colours: measureRegions(image, dominant.landmarks) }),
    };
    const others = found.slice(1).map((box) => toDetectedFace(box, scale));
    return { face, others, turn, luma: measureLuma(image) };
  }

  /** Few accounts need it. What failed is tried again the next time. */
  async #loadDescriber(): Promise<Network> {
    if (this.#set.embedder === DLIB_RESNET) return this.#embedder;
    this.#describer ??= Network.load(this.#weightsDir, DLIB_RESNET);
    try {
      return await this.#describer;
    } catch (error) {
      this.#describer = null;
      throw error;
    }
  }

  /** The faces of an image as it is, the dominant one first, and all there is to say about that one. */
  async #look(
    image: View,
    timed: Timed = untimed,
  ): Promise<{ found: readonly ScoredBox[]; dominant: Look | null }> {
    const boxes = await timed('detect', () => this.#set.detector.detect(this.#detector, image));
    const found = byDominance(boxes, image.width, image.height);
    const [box] = found;
    return { found, dominant: box ? await this.#lookAt(image, box, timed) : null };
  }

  async #lookAt(image: View, box: ScoredBox, timed: Timed): Promise<Look> {
    const { detector, landmarker, embedder } = this.#set;
    const locate = (within: ScoredBox) => landmarker.locate(this.#landmarker, image, within);
    const [landmarks, landmarkShift] = await timed('landmarks', async () => {
      const first = await locate(box);
      return [first, await measureLandmarkShift(locate, box, first)] as const;
    });
    const aligned = await timed('align', () => alignFace(image, landmarks, embedder.alignment));
    const { template, norm } = await timed('embed', async () =>
      toTemplate(await embedder.embed(this.#embedder, aligned), embedder.dimension),
    );
    // Light is measured, and prints are taken, on the same cut whatever the embedder looks at.
    const standard =
      embedder.alignment === ARCFACE_ALIGNMENT ? aligned : alignFace(image, landmarks, ARCFACE_ALIGNMENT);
    const measured = measureFace({
      aligned: standard,
      landmarks,
      image,
      confidence: detector.confidence(box.score),
      embeddingNorm: embedder.normTells ? norm : null,
      landmarkShift,
      surroundLuma: measureSurroundings(image, box),
    });
    const print = printOf(standard);
    const evidence = { template, measurements: measured, print };
    const measurements = {
      ...measured,
      spoiling: this.#judges.spoiling?.(evidence) ?? null,
      cover: this.#judges.cover?.(evidence) ?? null,
    };
    return { box, landmarks, template, print, measurements };
  }

  /**
   * Detectors find faces that lie on their side or stand on their head, and landmarks and templates of them mean nothing.
   * Looked for only where landmarks say so, or no face is found: three more looks take three times as long.
   */
  async #turnOf(image: View, upright: Look | null): Promise<QuarterTurn> {
    if (upright !== null && upright.measurements.landmarkShift <= RECOGNITION_GATE.landmarkShift) return 0;
    for (const turn of [90, 270, 180] as const) {
      const { dominant } = await this.#look(turned(image, turn));
      if (dominant && checkGate(RECOGNITION_GATE, { ...dominant.measurements, turn: 0 }).length === 0)
        return turn;
    }
    return 0;
  }
}

/** What tells spoiled and covered faces; null for a network that has no table. */
type Judges = Readonly<Record<'spoiling' | 'cover', JudgeSpoiling | null>>;

/** What one look at an image says about its dominant face. */
interface Look {
  readonly box: ScoredBox;
  readonly landmarks: readonly Point[];
  readonly template: Template;
  /** See `printOf`. */
  readonly print: Uint8Array;
  readonly measurements: Omit<FaceMeasurements, 'turn'>;
}

/** Runs a step and may note how long it took. */
type Timed = <T>(stage: Stage, step: () => T | Promise<T>) => Promise<T>;
const untimed: Timed = async (_stage, step) => await step();

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
