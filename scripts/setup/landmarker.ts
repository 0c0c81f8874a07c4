import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { sha256 } from './fetch.ts';
import { storedZip } from './stored-zip.ts';
import { TfliteExtension } from './tflite-extension.ts';
import { imageMetadata } from './tflite-metadata.ts';

/** The bundle that Google publishes; used when the operator puts it at `models/face_landmarker.task`. */
const OFFICIAL_SHA256 = '64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff';

const VertexIds = z.array(z.int().min(0).max(467));
const AttentionMesh = z.object({
  source: z.string(),
  lips: VertexIds.length(80),
  leftEye: VertexIds.length(71),
  rightEye: VertexIds.length(71),
});
type AttentionMesh = z.infer<typeof AttentionMesh>;

/**
 * Makes `weights/face_landmarker.task`, the bundle MediaPipe's FaceLandmarker loads, from the parts set-up fetched.
 * @param models the folder `models/`
 */
export async function assembleLandmarker(models: string): Promise<void> {
  const weights = join(models, 'weights');
  const target = join(weights, 'face_landmarker.task');
  const supplied = join(models, 'face_landmarker.task');
  if (existsSync(supplied)) {
    if (sha256(await readFile(supplied)) !== OFFICIAL_SHA256) {
      throw new Error(`${supplied} is not the published bundle (sha256 ${OFFICIAL_SHA256}).`);
    }
    await copyFile(supplied, target);
    return;
  }
  const part = (name: string): Promise<Buffer> => readFile(join(weights, name));
  const bundle = landmarkerBundle({
    detector: await part('face_detection_short_range.tflite'),
    landmarks: await part('face_landmark_with_attention.tflite'),
    geometry: await part('geometry_pipeline_metadata_landmarks.binarypb'),
    mesh: AttentionMesh.parse(JSON.parse(await readFile(join(models, 'attention-mesh.json'), 'utf8'))),
  });
  if (existsSync(target) && bundle.equals(await readFile(target))) return;
  await writeFileAtomic(target, bundle);
}

/** The bundle's bytes; the same parts always give the same bytes. */
export function landmarkerBundle(parts: {
  detector: Uint8Array;
  landmarks: Uint8Array;
  geometry: Uint8Array;
  mesh: AttentionMesh;
}): Buffer {
  return storedZip([
    {
      name: 'face_detector.tflite',
      data: new TfliteExtension(parts.detector).finish(imageMetadata(127.5, 127.5)),
    },
    { name: 'face_landmarks_detector.tflite', data: withMergedOutput(parts.landmarks, parts.mesh) },
    { name: 'geometry_pipeline_metadata_landmarks.binarypb', data: parts.geometry },
  ]);
}

/**
 * The landmark network ends in a coarse mesh and refined regions; FaceLandmarker wants one list of 478 points. All
 * values are laid end to end, and each coordinate picks the best one there is.
 */
function withMergedOutput(network: Uint8Array, mesh: AttentionMesh): Uint8Array {
  const graph = new TfliteExtension(network);
  const coarse = graph.tensor('output_mesh_identity');
  // An iris has no depth of its own: it takes that of the first 16 vertices of its eye.
  const irisDepth = (eye: readonly number[]): number =>
    graph.mean(
      graph.gather(
        coarse,
        eye.slice(0, 16).map((vertex) => 3 * vertex + 2),
      ),
    );

  const sources = [
    { tensor: coarse, length: 1404 },
    { tensor: graph.tensor('output_lips'), length: 160 },
    { tensor: graph.tensor('output_left_eye'), length: 142 },
    { tensor: graph.tensor('output_right_eye'), length: 142 },
    { tensor: graph.tensor('output_left_iris'), length: 10 },
    { tensor: graph.tensor('output_right_iris'), length: 10 },
    { tensor: irisDepth(mesh.leftEye), length: 1 },
    { tensor: irisDepth(mesh.rightEye), length: 1 },
  ];
  const starts: number[] = [];
  let total = 0;
  for (const { length } of sources) {
    starts.push(total);
    total += length;
  }

  const picks = Array.from({ length: 1404 }, (_, i) => i);
  for (const [region, start] of [
    [mesh.lips, starts[1]!],
    [mesh.leftEye, starts[2]!],
    [mesh.rightEye, starts[3]!],
  ] as const) {
    for (const [i, vertex] of region.entries()) {
      picks[3 * vertex] = start + 2 * i;
      picks[3 * vertex + 1] = start + 2 * i + 1;
    }
  }
  for (const side of [0, 1]) {
    for (let i = 0; i < 5; i += 1) {
      picks.push(starts[4 + side]! + 2 * i, starts[4 + side]! + 2 * i + 1, starts[6 + side]!);
    }
  }

  const all = graph.concatenate(
    sources.map(({ tensor }) => tensor),
    total,
  );
  return graph.finish(imageMetadata(0, 255), [graph.gather(all, picks), graph.tensor('conv_faceflag')]);
}
