import { captureJpeg } from '../camera/picture.ts';
import type { SeenFace } from '../guidance/geometry.ts';
import { findFaces, loadLandmarker, vision } from '../guidance/landmarker.ts';
import type { PlayedClip, PlayedFrame } from './played.ts';

declare global {
  interface Window {
    /** For the script that opened this page. */
    readonly player: typeof player;
  }
}

const video = document.querySelector('video')!;
/** Landmarks keep this many digits: less than a hundredth of a pixel. */
const DIGITS = 6;

/** Slow enough that stopping at a picture does not come too late for it. */
const RATE = 0.25;

const rounded = (value: number): number => Number(value.toFixed(DIGITS));
const plain = ({ landmarks, matrix }: SeenFace): PlayedFrame['faces'][number] => ({
  points: landmarks.flatMap(({ x, y }) => [rounded(x), rounded(y)]),
  matrix: matrix && Array.from(matrix, rounded),
});

const once = (name: keyof HTMLMediaElementEventMap): Promise<void> =>
  new Promise((resolve, reject) => {
    video.addEventListener(name, () => resolve(), { once: true });
    video.addEventListener('error', () => reject(new Error('The clip cannot be played.')), { once: true });
  });

const player = {
  /** Plays a whole clip, stopping at each picture until it is analysed. @throws Error when it cannot be played */
  async play(url: string): Promise<PlayedClip> {
    await loadLandmarker();
    if (vision.value !== 'ready') throw new Error('The landmarker cannot be loaded.');
    // All of it at hand: only then can it be sought in.
    video.src = URL.createObjectURL(await (await fetch(url)).blob());
    await once('loadeddata');
    video.playbackRate = RATE;
    const frames: PlayedFrame[] = [];
    const ended = once('ended');
    const onFrame = async (at: number): Promise<void> => {
      video.pause();
      if (at > (frames.at(-1)?.at ?? -1)) {
        const picture = new VideoFrame(video);
        frames.push({ at, faces: ((await findFaces(picture, at)) ?? []).map(plain) });
        picture.close();
      }
      awaitFrame();
      void video.play();
    };
    const awaitFrame = (): number =>
      video.requestVideoFrameCallback((_now, { mediaTime }) => void onFrame(mediaTime * 1000));
    awaitFrame();
    await video.play();
    await ended;
    return { width: video.videoWidth, height: video.videoHeight, frames };
  },

  /** The clip's picture at a time, as the kiosk would send it: a JPEG in Base64. */
  async picture(at: number): Promise<string> {
    const sought = once('seeked');
    // Into the picture, past the rounding of its first moment.
    video.currentTime = (at + 1) / 1000;
    await sought;
    return (await captureJpeg(video)).toBase64();
  },
};

Object.assign(window, { player });
