import { reportStall } from '../camera/camera.ts';
import { runFrameLoop } from '../camera/frame-loop.ts';
import { measureLuma } from '../camera/picture.ts';
import { nearestFirst } from './geometry.ts';
import { follow, type Guidance, NO_GUIDANCE } from './guidance.ts';
import { findFaces } from './landmarker.ts';

/** Brightness changes slowly: it is read from every so many pictures. */
const LUMA_EVERY = 6;

/**
 * Guidance for whoever stands in front of a playing video. Returns a function that stops it.
 * @param gap least milliseconds between two analysed pictures
 */
export function watchFaces(
  video: HTMLVideoElement,
  gap: () => number,
  onGuidance: (guidance: Guidance, at: number) => void,
): () => void {
  let guidance = NO_GUIDANCE;
  let luma: number | null = null;
  let count = 0;

  return runFrameLoop(video, {
    gap,
    onStall: reportStall,
    onFrame(at) {
      const faces = findFaces(video, at);
      if (!faces) return;
      const image = { width: video.videoWidth, height: video.videoHeight };
      const place = nearestFirst(faces, image)[0]?.place ?? null;
      // What was read without a face says nothing about the face that now appears.
      const appeared = place !== null && guidance.last === null;
      if (appeared || count++ % LUMA_EVERY === 0) luma = measureLuma(video, place);
      guidance = follow(guidance, { faces, image, luma }, at);
      onGuidance(guidance, at);
    },
  });
}
