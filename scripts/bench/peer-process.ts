import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { z } from 'zod';

/**
 * A process that runs one peer: `peer-process.ts NAME PACKAGES`. Both peers register their kernels globally, so each
 * has a process to itself. It answers `{ ready: true }`, then each path of an image with its embedding.
 */
export const PeerName = z.enum(['human', 'face-api']);
export type PeerName = z.infer<typeof PeerName>;

/** The peer's answer; `milliseconds` from encoded bytes in memory to the embedding. */
export const PeerReply = z.object({ embedding: z.array(z.number()).nullable(), milliseconds: z.number() });

/** Decoded pixels: interleaved 8-bit RGB. */
interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

type Embed = (pixels: Pixels) => Promise<readonly number[] | null>;

interface Tensor {
  dispose(): void;
}

interface HumanPackage {
  Human: new (config: object) => {
    init(): Promise<void>;
    load(): Promise<void>;
    tf: { tensor(data: Uint8Array, shape: number[], type: string): Tensor };
    detect(input: Tensor): Promise<{ face: { embedding?: number[] }[] }>;
  };
}

interface FaceApiPackage {
  tf: {
    setBackend(name: string): Promise<boolean>;
    ready(): Promise<void>;
    tensor3d(data: Uint8Array, shape: number[], type: string): Tensor;
  };
  nets: Record<
    'ssdMobilenetv1' | 'faceLandmark68Net' | 'faceRecognitionNet',
    { loadFromDisk(dir: string): Promise<void> }
  >;
  SsdMobilenetv1Options: new (options: { minConfidence: number; maxResults: number }) => object;
  detectSingleFace(
    input: Tensor,
    options: object,
  ): {
    withFaceLandmarks(): {
      withFaceDescriptor(): PromiseLike<{ descriptor: Float32Array } | undefined>;
    };
  };
}

/**
 * BlazeFace, mesh and faceres, with the face turned upright and the mesh on as its page on embeddings advises; what
 * recognition does not need is off, and so is every reuse of an earlier image's result.
 */
async function startHuman(packages: string): Promise<Embed> {
  const require = createRequire(join(packages, 'package.json'));
  // The build for Node with WebAssembly loads models by fetch only, and Node's fetch does not read files.
  globalThis.fetch = async (url) => new Response(await readFile(new URL(url as string)));
  const home = join(packages, 'node_modules/@vladmandic/human');
  const { Human } = require(join(home, 'dist/human.node-wasm.js')) as HumanPackage;
  const off = { enabled: false };
  const always = { skipFrames: 0, skipTime: 0 };
  const human = new Human({
    backend: 'wasm',
    wasmPath: wasmFolder(packages),
    modelBasePath: `${pathToFileURL(join(home, 'models')).href}/`,
    cacheSensitivity: 0,
    filter: off,
    gesture: off,
    face: {
      enabled: true,
      detector: { rotation: true, maxDetected: 1, ...always },
      mesh: { enabled: true },
      description: { enabled: true, ...always },
      iris: off,
      emotion: off,
      antispoof: off,
      liveness: off,
    },
    body: off,
    hand: off,
    object: off,
    segmentation: off,
  });
  await human.init();
  await human.load();
  return async ({ data, width, height }) => {
    const tensor = human.tf.tensor(data, [1, height, width, 3], 'float32');
    const { face } = await human.detect(tensor);
    tensor.dispose();
    const embedding = face[0]?.embedding;
    return embedding !== undefined && embedding.length > 0 ? embedding : null;
  };
}

/** SSD MobileNet (the better of its detectors), 68 landmarks and recognition, at the confidence of its WASM example. */
async function startFaceApi(packages: string): Promise<Embed> {
  const require = createRequire(join(packages, 'package.json'));
  const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(dir: string): void };
  wasm.setWasmPaths(wasmFolder(packages));
  const home = join(packages, 'node_modules/@vladmandic/face-api');
  const { tf, nets, ...faceapi } = require(join(home, 'dist/face-api.node-wasm.js')) as FaceApiPackage;
  await tf.setBackend('wasm');
  await tf.ready();
  for (const net of [nets.ssdMobilenetv1, nets.faceLandmark68Net, nets.faceRecognitionNet]) {
    await net.loadFromDisk(join(home, 'model'));
  }
  const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.1, maxResults: 1 });
  return async ({ data, width, height }) => {
    const tensor = tf.tensor3d(data, [height, width, 3], 'int32');
    const found = await faceapi.detectSingleFace(tensor, options).withFaceLandmarks().withFaceDescriptor();
    tensor.dispose();
    return found ? [...found.descriptor] : null;
  };
}

const wasmFolder = (packages: string): string =>
  join(packages, 'node_modules/@tensorflow/tfjs-backend-wasm/dist/');

async function serve(name: PeerName, packages: string): Promise<void> {
  const embed = await { human: startHuman, 'face-api': startFaceApi }[name](packages);
  process.on('message', (path: string) => {
    void answer(embed, path).then((reply) => process.send?.(reply));
  });
  process.send?.({ ready: true });
}

async function answer(embed: Embed, path: string): Promise<z.infer<typeof PeerReply>> {
  const bytes = await readFile(path);
  const start = performance.now();
  const { data, info } = await sharp(bytes).toColourspace('srgb').removeAlpha().raw().toBuffer({
    resolveWithObject: true,
  });
  const embedding = await embed({ data, width: info.width, height: info.height });
  return { embedding: embedding && [...embedding], milliseconds: performance.now() - start };
}

if (process.send) await serve(PeerName.parse(process.argv[2]), z.string().parse(process.argv[3]));
