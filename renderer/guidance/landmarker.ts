import { FaceLandmarker, FilesetResolver } from '@mediapipe/tasks-vision';
import { signal } from '@preact/signals';
import type { SeenFace } from './geometry.ts';
import { PixelReader } from './pixels.ts';
import { readBackFromMemory } from './read-back.ts';

/** Doubles from failure to failure, until a picture was looked at. */
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 8000;

/** Whether faces can be found in pictures. `failed` is tried again by itself. */
export const vision = signal<'loading' | 'ready' | 'failed'>('loading');

const pixels = new PixelReader();
let landmarker: FaceLandmarker | null = null;
let failures = 0;

/** Loads the landmarker, once for the life of the page: each one keeps its memory. */
export async function loadLandmarker(): Promise<void> {
  try {
    const wasm = await FilesetResolver.forVisionTasks(new URL('./mediapipe/wasm', document.baseURI).href);
    // Pictures pass through WebGL, which is lost with the process of the browser that draws: without an error here, and for good.
    const canvas = new OffscreenCanvas(1, 1);
    const context = canvas.getContext('webgl2');
    if (context) readBackFromMemory(context);
    const loaded = await FaceLandmarker.createFromOptions(wasm, {
      canvas,
      baseOptions: {
        modelAssetPath: new URL('./models/face_landmarker.task', document.baseURI).href,
        delegate: 'CPU',
      },
      runningMode: 'VIDEO',
      numFaces: 2,
      outputFacialTransformationMatrixes: true,
    });
    canvas.addEventListener('webglcontextlost', () => landmarker === loaded && fail());
    landmarker = loaded;
    vision.value = 'ready';
  } catch {
    fail();
  }
}

function fail(): void {
  const failed = landmarker;
  landmarker = null;
  vision.value = 'failed';
  setTimeout(() => void loadLandmarker(), Math.min(FIRST_RETRY_MS * 2 ** failures++, LAST_RETRY_MS));
  try {
    failed?.close();
  } catch {
    // What failed may not even be able to end.
  }
}

/**
 * The faces in a picture, at most two; null while the landmarker is not ready. Call it again once it has answered.
 * @param at milliseconds, rising from call to call
 */
export async function findFaces(picture: VideoFrame, at: number): Promise<SeenFace[] | null> {
  const image = (await pixels.read(picture)) ?? picture;
  if (!landmarker) return null;
  try {
    const { faceLandmarks, facialTransformationMatrixes } = landmarker.detectForVideo(image, at);
    failures = 0;
    return faceLandmarks.map((landmarks, i) => ({
      landmarks,
      matrix: facialTransformationMatrixes[i]?.data ?? null,
    }));
  } catch {
    fail();
    return null;
  }
}
