import { FaceLandmarker, FilesetResolver } from '@mediapipe/tasks-vision';
import { signal } from '@preact/signals';
import type { SeenFace } from './geometry.ts';

const RETRY_MS = 8000;

/** Whether faces can be found in pictures. `failed` is tried again by itself. */
export const vision = signal<'loading' | 'ready' | 'failed'>('loading');

let landmarker: FaceLandmarker | null = null;

/** Loads the landmarker, once for the life of the page: each one keeps its memory. */
export async function loadLandmarker(): Promise<void> {
  try {
    const wasm = await FilesetResolver.forVisionTasks(new URL('./mediapipe/wasm', document.baseURI).href);
    landmarker = await FaceLandmarker.createFromOptions(wasm, {
      baseOptions: {
        modelAssetPath: new URL('./models/face_landmarker.task', document.baseURI).href,
        delegate: 'CPU',
      },
      runningMode: 'VIDEO',
      numFaces: 2,
      outputFacialTransformationMatrixes: true,
    });
    vision.value = 'ready';
  } catch {
    fail();
  }
}

function fail(): void {
  landmarker?.close();
  landmarker = null;
  vision.value = 'failed';
  setTimeout(() => void loadLandmarker(), RETRY_MS);
}

/**
 * The faces in the video's current picture, at most two; null while the landmarker is not ready.
 * @param at milliseconds, rising from call to call
 */
export function findFaces(video: HTMLVideoElement, at: number): SeenFace[] | null {
  if (!landmarker) return null;
  try {
    const { faceLandmarks, facialTransformationMatrixes } = landmarker.detectForVideo(video, at);
    return faceLandmarks.map((landmarks, i) => ({
      landmarks,
      matrix: facialTransformationMatrixes[i]?.data ?? null,
    }));
  } catch {
    fail();
    return null;
  }
}
