import { reportStall } from '../camera/camera.ts';
import { runFrameLoop } from '../camera/frame-loop.ts';
import { noteBrightness } from './darkness.ts';
import { nearestFirst, type SeenFace, type Size } from './geometry.ts';
import { follow, type Guidance, NO_GUIDANCE } from './guidance.ts';
import { findFaces } from './landmarker.ts';
import { type Light, measureLight } from './luma.ts';

/** Brightness changes slowly: it is read from every so many pictures. */
const LUMA_EVERY = 6;

/** One analysed picture of the camera. */
export interface Sight {
  readonly guidance: Guidance;
  /** The nearest face. */
  readonly face: SeenFace | null;
  readonly image: Size;
  /** The picture itself. It is closed when the listener returns: a listener that keeps it must clone it. */
  readonly picture: VideoFrame;
  readonly at: number;
}

/**
 * Guidance for the person in front of a playing video. Returns a function that stops it.
 * @param gap least milliseconds between two analysed pictures
 */
export function watchFaces(
  video: HTMLVideoElement,
  gap: () => number,
  onSight: (sight: Sight) => void,
): () => void {
  let guidance = NO_GUIDANCE;
  let light: Light = { luma: null, surround: null };
  let count = 0;

  return runFrameLoop(video, {
    gap,
    onStall: reportStall,
    onFrame(at) {
      // Taken before the faces are looked for, which lasts a frame or two.
      const picture = pictureOf(video);
      if (!picture) return;
      try {
        look(picture, at);
      } finally {
        picture.close();
      }
    },
  });

  function look(picture: VideoFrame, at: number): void {
    const faces = findFaces(video, at);
    if (!faces) return;
    const image = { width: video.videoWidth, height: video.videoHeight };
    const nearest = nearestFirst(faces, image)[0];
    const place = nearest?.place ?? null;
    // What was read without a face says nothing about the face that now appears.
    const appeared = place !== null && guidance.last === null;
    if (appeared || count++ % LUMA_EVERY === 0) light = measureLight(video, place);
    noteBrightness(place === null ? light.luma : null, at);
    guidance = follow(guidance, { faces, image, ...light }, at);
    onSight({ guidance, face: nearest?.face ?? null, image, picture, at });
  }
}

/** The current picture; null while a camera that was just opened has none to give. */
function pictureOf(video: HTMLVideoElement): VideoFrame | null {
  try {
    return new VideoFrame(video);
  } catch {
    return null;
  }
}
