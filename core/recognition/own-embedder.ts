import { DLIB_RESNET } from './dlib-resnet.ts';
import { ARCFACE_ALIGNMENT, type Alignment } from './align.ts';
import type { Embedder } from './networks.ts';
import type { NetworkSpec } from '#contract';

/** An operator's own embedding network as it is run. */
export interface OwnEmbedder {
  readonly modelId: string;
  readonly path: string;
  /** SHA-256 of the file, in hexadecimal; another file is not run. */
  readonly sha256: string;
  readonly spec: NetworkSpec;
}

const family = (order: NetworkSpec['order'], scale: number, dimension = 512): NetworkSpec => ({
  side: 112,
  order,
  mean: [127.5, 127.5, 127.5],
  scale: [scale, scale, scale],
  dimension,
  alignment: 'arcface',
  base: 'default',
});

/** How networks of well-known families are fed, as their publishers' own code does. */
export const NETWORK_FAMILIES = {
  /** InsightFace's recognition networks, buffalo_l and AuraFace among them. */
  arcface: family('rgb', 127.5),
  adaface: family('bgr', 127.5),
  edgeface: family('rgb', 127.5),
  mobilefacenet: family('bgr', 128),
  dlib: {
    side: 150,
    order: 'rgb',
    mean: [122.782, 117.001, 104.298],
    scale: [256, 256, 256],
    dimension: 128,
    alignment: 'dlib',
    base: 'clean',
  },
} as const satisfies Readonly<Record<string, NetworkSpec>>;

/** The embedder that a network's description makes. @param output the name of the network's answer */
export function embedderOf(spec: NetworkSpec, output: string): Embedder {
  const { side, order, mean, scale, dimension } = spec;
  const plane = side * side;
  return {
    file: 'own',
    shape: [1, 3, side, side],
    dimension,
    alignment: alignmentOf(spec),
    // What its length says of a face was not measured.
    normTells: false,
    async embed(network, aligned) {
      const input = new Float32Array(aligned.length);
      for (let colour = 0; colour < 3; colour++) {
        const to = plane * (order === 'rgb' ? colour : 2 - colour);
        for (let i = 0; i < plane; i++) {
          input[to + i] = (aligned[plane * colour + i]! - mean[colour]!) / scale[colour]!;
        }
      }
      return (await network.run(input, output))[output]!;
    },
  };
}

/** The very object for an alignment of its own size: others compare by it. */
function alignmentOf({ alignment, side }: NetworkSpec): Alignment {
  const own = alignment === 'arcface' ? ARCFACE_ALIGNMENT : DLIB_RESNET.alignment;
  if (side === own.side) return own;
  const factor = side / own.side;
  return { side, points: own.points.map(({ x, y }) => ({ x: x * factor, y: y * factor })) };
}
