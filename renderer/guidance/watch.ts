import { reportStall } from '../camera/camera.ts';
import { CaptureClock } from '../camera/capture-clock.ts';
import { runFrameLoop } from '../camera/frame-loop.ts';
import { noteBrightness } from './darkness.ts';
import { nearestFirst, type SeenFace, type Size } from './geometry.ts';
import { follow, type Guidance, NO_GUIDANCE } from './guidance.ts';
import { findFaces } from './landmarker.ts';
import { type Light, measureLight } from './luma.ts';
import { PacedSearch } from './paced-search.ts';

/** Brightness changes slowly: it is read from every so many pictures. */
const LUMA_EVERY = 6;

/** One analysed picture of the camera. */
export interface Sight {
  readonly guidance: Guidance;
  /** The nearest face. */
  readonly face: SeenFace | null;
  /** When the face was looked for: in an earlier picture perhaps, see `Pace`. */
  readonly foundAt: number;
  readonly image: Size;
  /** The picture itself. It is closed when the listener returns: a listener that keeps it must clone it. */
  readonly picture: VideoFrame;
  /** When the picture was looked at. */
  readonly at: number;
  /** When the picture was taken; see `CaptureClock`. */
  readonly takenAt: number;
}

/** Least milliseconds between two pictures, and between two in which faces are looked for. */
export interface Pace {
  readonly pictures: number;
  readonly faces: number;
}

/**
 * Guidance for the person in front of a playing video. Returns a function that stops it.
 * @param onSight called for each picture, with the face of an earlier one where none is looked for
 */
export function watchFaces(
  video: HTMLVideoElement,
  pace: () => Pace,
  onSight: (sight: Sight) => void,
): () => void {
  let guidance = NO_GUIDANCE;
  let light: Light = { luma: null, surround: null };
  let count = 0;
  let isStopped = false;
  const search = new PacedSearch<Pick<Sight, 'face' | 'image'>>();
  const clock = new CaptureClock();

  const stop = runFrameLoop(video, {
    gap: () => pace().pictures,
    onStall: reportStall,
    async onFrame(at) {
      // Taken before the faces are looked for, which lasts a frame or two.
      const picture = pictureOf(video);
      if (!picture) return;
      try {
        await look(picture, at);
      } finally {
        picture.close();
      }
    },
  });
  return () => {
    isStopped = true;
    stop();
  };

  async function look(picture: VideoFrame, at: number): Promise<void> {
    const takenAt = clock.takenAt(picture.timestamp / 1000, at);
    const found = await search.at(at, pace().faces, () => find(picture, at));
    if (found !== null && !isStopped) onSight({ guidance, ...found, picture, at, takenAt });
  }

  async function find(picture: VideoFrame, at: number): Promise<Pick<Sight, 'face' | 'image'> | null> {
    const faces = await findFaces(picture, at);
    if (!faces) return null;
    const image = { width: picture.displayWidth, height: picture.displayHeight };
    const nearest = nearestFirst(faces, image)[0];
    const place = nearest?.place ?? null;
    // What was read without a face says nothing about the face that now appears.
    const appeared = place !== null && guidance.last === null;
    if (appeared || count++ % LUMA_EVERY === 0) light = measureLight(video, place);
    noteBrightness(place === null ? light.luma : null, at);
    guidance = follow(guidance, { faces, image, ...light }, at);
    return { face: nearest?.face ?? null, image };
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
