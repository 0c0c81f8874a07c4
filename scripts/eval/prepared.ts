import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelSetName } from '#contract';
import { similarity } from '#core/matching';
import { inspectNetworks, Pipeline, type AnalysedFace, type Stage } from '#core/recognition';

/** How the prepared networks answer, beside those that their publishers made. */
export interface Agreement {
  /** Images with a face. */
  readonly compared: number;
  /** Images in which only one of the two found a face. */
  readonly differing: number;
  /** The least cosine of the two templates of an image. */
  readonly leastCosine: number;
  /** The largest distance of the two places of a landmark, in sides of the face's box. */
  readonly largestLandmarkShift: number;
  /** The largest difference of the scores for a live face, 0..1. */
  readonly largestLiveDifference: number;
  /** Median milliseconds of the stages that run a network. */
  readonly published: Readonly<Partial<Record<Stage, number>>>;
  readonly prepared: Readonly<Partial<Record<Stage, number>>>;
}

/**
 * Run both forms of the networks of a set over the same images, in turns, on this thread.
 * @param onProgress called with the number of images done
 */
export async function comparePrepared(
  weightsDir: string,
  set: ModelSetName,
  images: Iterable<() => Promise<Uint8Array>>,
  onProgress: (done: number) => void = () => undefined,
): Promise<Agreement> {
  const dir = await mkdtemp(join(tmpdir(), 'lintel-published-'));
  try {
    await copyAsOwn(weightsDir, set, dir);
    const pipelines = [await Pipeline.load(dir, set), await Pipeline.load(weightsDir, set)] as const;
    const times = pipelines.map(() => new Map<Stage, number[]>());
    const found: (readonly [AnalysedFace, AnalysedFace])[] = [];
    let differing = 0;
    let done = 0;
    for (const read of images) {
      const image = await read();
      const faces: (AnalysedFace | null)[] = [];
      // Each goes first as often as the other.
      for (const i of done % 2 === 0 ? [0, 1] : [1, 0]) {
        const { face, milliseconds } = await pipelines[i]!.analyse(image, { passive: true });
        faces[i] = face;
        for (const [stage, time] of Object.entries(milliseconds) as [Stage, number][]) {
          times[i]!.set(stage, [...(times[i]!.get(stage) ?? []), time]);
        }
      }
      const [published, prepared] = faces;
      if (published && prepared) found.push([published, prepared]);
      else if (published !== prepared) differing += 1;
      onProgress(++done);
    }
    return {
      compared: found.length,
      differing,
      leastCosine: Math.min(...found.map(([a, b]) => similarity(a.template, b.template))),
      largestLandmarkShift: Math.max(...found.map(([a, b]) => landmarkShift(a, b))),
      largestLiveDifference: Math.max(...found.map(([a, b]) => Math.abs(liveScore(a) - liveScore(b)))),
      published: medians(times[0]!),
      prepared: medians(times[1]!),
    };
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** A field of ONNX's outermost message that no reader uses: the file is another one, its network the same. */
const UNREAD_FIELD = Buffer.from([0xf8, 0x7f, 0x00]);

/** The published networks as an operator's own, which are run as they are. */
async function copyAsOwn(weightsDir: string, set: ModelSetName, target: string): Promise<void> {
  for (const { file } of await inspectNetworks(weightsDir, set)) {
    await writeFile(
      join(target, file),
      Buffer.concat([await readFile(join(weightsDir, file)), UNREAD_FIELD]),
    );
  }
}

/** 0 where the set has no network for it. */
const liveScore = ({ passive }: AnalysedFace): number => passive?.live ?? 0;

function landmarkShift(a: AnalysedFace, b: AnalysedFace): number {
  const side = Math.max(a.boundingBox.width, a.boundingBox.height);
  return Math.max(
    ...a.landmarks.map(({ x, y }, i) => Math.hypot(x - b.landmarks[i]!.x, y - b.landmarks[i]!.y) / side),
  );
}

function medians(times: ReadonlyMap<Stage, readonly number[]>): Partial<Record<Stage, number>> {
  return Object.fromEntries(
    [...times].map(([stage, values]) => [stage, values.toSorted((a, b) => a - b)[values.length >> 1]!]),
  );
}
