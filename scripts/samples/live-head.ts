import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { LintelError, type ChallengeStep } from '#contract';
import { seeded } from '#core/matching';
import {
  createRecognizer,
  decodeImage,
  type AnalysedFace,
  type FaceMeasurements,
  type Recognizer,
  type RgbImage,
} from '#core/recognition';
import { AnimatedHead, AT_REST } from './animated-head.ts';
import { placeFace, portrait } from './clip.ts';
import { kept } from './kept.ts';
import { perform } from './performance.ts';
import type { SampleFace } from './samples.ts';

const WEIGHTS = fileURLToPath(new URL('../../models/weights/', import.meta.url));

/** A frame of the camera, with a face as wide as at a kiosk. */
const VIEW = { width: 640, height: 480, faceWidth: 190, sharp: { width: 1.7, height: 1.8 } } as const;

/** Chromium plays a clip at 30 frames per second; the camera of these has half as many, each shown twice. */
const FRAMES_PER_SECOND = 15;

/**
 * The face of a photograph as a head that can be set in motion, 640x480, and that faces the camera at rest.
 * @param photo encoded image with one dominant face, as frontal as can be
 * @throws LintelError `no-face`, and as the recognizer does
 */
export async function liveHead(recognizer: Recognizer, photo: Uint8Array): Promise<AnimatedHead> {
  const { boundingBox } = await requireFace(recognizer, photo);
  const view = await placeFace(photo, boundingBox, VIEW);
  const { landmarks, measurements } = await requireFace(recognizer, view);
  return await faceCamera(recognizer, new AnimatedHead(await decodeImage(view), landmarks), measurements, 2);
}

/** The same for one face of a sample photograph. */
export async function sampleHead(recognizer: Recognizer, face: SampleFace): Promise<AnimatedHead> {
  return await liveHead(recognizer, await portrait(face));
}

/** The pose that is estimated changes by this much more than the head that is drawn, as measured. */
const EXAGGERATION = 1.35;

/** Degrees that are as good as frontal. */
const FRONTAL = 4;

/** Turn a head that looks aside, and start from there. */
async function faceCamera(
  recognizer: Recognizer,
  head: AnimatedHead,
  { yaw, pitch, roll }: Pick<FaceMeasurements, 'yaw' | 'pitch' | 'roll'>,
  rounds: number,
): Promise<AnimatedHead> {
  if (rounds === 0 || Math.hypot(yaw, pitch, roll) <= FRONTAL) return head;
  const frame = head.frame({
    ...AT_REST,
    yaw: -yaw / EXAGGERATION,
    pitch: -pitch / EXAGGERATION,
    roll: -roll,
  });
  const { landmarks, measurements } = await requireFace(recognizer, await toJpeg(frame));
  return await faceCamera(recognizer, new AnimatedHead(frame, landmarks), measurements, rounds - 1);
}

async function requireFace(recognizer: Recognizer, image: Uint8Array): Promise<AnalysedFace> {
  const { face } = await recognizer.analyse(image);
  if (face === null) throw new LintelError('no-face');
  return face;
}

/** As the camera hands it over. @param quality of JPEG, 1..100 */
export async function toJpeg({ data, width, height }: RgbImage, quality = 92): Promise<Buffer> {
  return await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}

/** What the visitor of a clip does over and over: the kiosk that it plays to asks for these only. */
export const CLIP_STEPS = ['turn-left', 'turn-right'] as const satisfies ChallengeStep[];
/** A challenge has three steps at most, and begins anywhere; the clip repeats only after the visit is over. */
const CLIP_ROUNDS = 3;

/**
 * A clip that Chromium's fake camera plays: the person of a sample photograph doing {@link CLIP_STEPS} one after the
 * other, 640x480 motion JPEG. Made once and kept.
 * @returns the file's path
 */
export async function liveClip(face: SampleFace): Promise<string> {
  const steps = Array.from({ length: CLIP_ROUNDS }, () => CLIP_STEPS).flat();
  return await kept(`${face.person}-live`, 'mjpeg', [face, steps, VIEW, FRAMES_PER_SECOND], async () => {
    const recognizer = await createRecognizer({ weightsDir: WEIGHTS, workers: 1 });
    try {
      const head = await sampleHead(recognizer, face);
      const { duration, at } = perform(steps, seeded(1));
      const frames: Buffer[] = [];
      for (let time = 0; time < duration; time += 1000 / FRAMES_PER_SECOND) {
        const frame = await toJpeg(head.frame(at(time)));
        frames.push(frame, frame);
      }
      return Buffer.concat(frames);
    } finally {
      await recognizer.close();
    }
  });
}
