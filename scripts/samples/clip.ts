import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import type { BoundingBox } from '#contract';
import { kept } from './kept.ts';
import { SAMPLE_PHOTOS, type SampleFace } from './samples.ts';

const WIDTH = 640;
const HEIGHT = 480;
/** Three seconds at the 30 frames per second with which Chromium plays the file, over and over. */
const FRAMES = 90;
/** Width of the face on the frame, in pixels. */
const FACE_WIDTH = 220;
/** How far around the face the photograph stays sharp, in face sizes: neighbours must not be found as faces. */
const SHARP = { width: 1.2, height: 1.5 };
/** Room around the frame for the movement. */
const MARGIN = 40;

const PORTRAIT: Placement = {
  width: WIDTH + 2 * MARGIN,
  height: HEIGHT + 2 * MARGIN,
  faceWidth: FACE_WIDTH,
  sharp: SHARP,
};

/** A portrait out of a sample photograph: one person, 720x560, everything but the face blurred. JPEG. Made once and kept. */
export async function portrait(face: SampleFace): Promise<Buffer> {
  const path = await kept(`${face.person}-portrait`, 'jpg', [face, PORTRAIT], async () =>
    placeFace(await readFile(join(SAMPLE_PHOTOS, face.file)), face.box, PORTRAIT),
  );
  return await readFile(path);
}

/** A picture to be made: its size in pixels, and how wide the face in its middle is. */
export interface Placement {
  readonly width: number;
  readonly height: number;
  readonly faceWidth: number;
  /** How far around the face the photograph stays sharp, in face sizes. */
  readonly sharp: { readonly width: number; readonly height: number };
}

/** A photograph enlarged or reduced about a face of it; its surroundings are blurred, and continue its edges. JPEG. */
export async function placeFace(
  photo: Uint8Array,
  box: BoundingBox,
  { width, height, faceWidth, sharp: around }: Placement,
): Promise<Buffer> {
  const scale = faceWidth / box.width;
  const { width: photoWidth } = await sharp(photo).metadata();
  const border = Math.max(width, height);
  const placed = await sharp(photo)
    .resize({ width: Math.round(photoWidth * scale) })
    .toBuffer()
    .then((bytes) =>
      sharp(bytes)
        .extend({ top: border, bottom: border, left: border, right: border, extendWith: 'copy' })
        .toBuffer(),
    );
  const middleX = (box.x + box.width / 2) * scale + border;
  const middleY = (box.y + box.height / 2) * scale + border;
  const frame = await sharp(placed)
    .extract({
      left: Math.round(middleX - width / 2),
      top: Math.round(middleY - height / 2),
      width,
      height,
    })
    .toBuffer();
  const rx = (faceWidth * around.width) / 2;
  const ry = (box.height * scale * around.height) / 2;
  const mask = ellipseMask(width, height, rx, ry);
  const person = await sharp(frame)
    .ensureAlpha()
    .composite([{ input: mask, raw: { width, height, channels: 4 }, blend: 'dest-in' }])
    .png()
    .toBuffer();
  return await sharp(frame)
    .blur(60)
    .composite([{ input: person }])
    .jpeg({ quality: 95 })
    .toBuffer();
}

/** RGBA whose opacity is full inside an ellipse in the middle, fading out over a quarter of its size around it. */
function ellipseMask(width: number, height: number, rx: number, ry: number): Buffer {
  const mask = Buffer.alloc(width * height * 4);
  for (let i = 0; i < width * height; i += 1) {
    const distance = Math.hypot(((i % width) - width / 2) / rx, (Math.floor(i / width) - height / 2) / ry);
    mask[4 * i + 3] = 255 * Math.min(1, Math.max(0, (1.25 - distance) / 0.25));
  }
  return mask;
}

/**
 * A clip that Chromium's fake camera plays (`--use-file-for-fake-video-capture`): the portrait, gently swaying and
 * coming closer and back, as 640x480 motion JPEG. Made once and kept.
 * @returns the file's path
 */
export async function cameraClip(face: SampleFace): Promise<string> {
  return await kept(face.person, 'mjpeg', [face, FACE_WIDTH, FRAMES, SHARP], async () => {
    const still = await portrait(face);
    const frames: Buffer[] = [];
    for (let i = 0; i < FRAMES; i += 1) {
      const phase = (2 * Math.PI * i) / FRAMES;
      const scale = 1 + 0.04 * Math.sin(phase);
      const [width, height] = [Math.round(WIDTH / scale), Math.round(HEIGHT / scale)];
      frames.push(
        await sharp(still)
          .extract({
            left: Math.round(MARGIN + (WIDTH - width) / 2 + 10 * Math.sin(phase)),
            top: Math.round(MARGIN + (HEIGHT - height) / 2 + 5 * Math.sin(2 * phase)),
            width,
            height,
          })
          .resize(WIDTH, HEIGHT)
          .jpeg({ quality: 90 })
          .toBuffer(),
      );
    }
    return Buffer.concat(frames);
  });
}

/**
 * Frames of a clip in which a code is held before the camera by a hand that is not quite still, for a second.
 * @param code encoded picture of it @param side of the code on the frame, in pixels
 */
export async function codeFrames(code: Uint8Array, side: number): Promise<Buffer> {
  const wall = { width: WIDTH, height: HEIGHT, channels: 3, background: '#8a8578' } as const;
  const input = await sharp(code).resize(side).toBuffer();
  const frames = Array.from({ length: 30 }, async (_, i) => {
    const left = Math.round((WIDTH - side) / 2 + 6 * Math.sin((2 * Math.PI * i) / 30));
    const top = Math.round((HEIGHT - side) / 2);
    return await sharp({ create: wall }).composite([{ input, left, top }]).jpeg({ quality: 90 }).toBuffer();
  });
  return Buffer.concat(await Promise.all(frames));
}

/** A recording of a wall: before a face the first screen stays for a quarter of a second. @returns its path */
export async function emptyRoom(folder: string): Promise<string> {
  const wall = { width: 640, height: 480, channels: 3, background: '#8a8578' } as const;
  const frame = await sharp({ create: wall }).jpeg().toBuffer();
  const path = join(folder, 'empty.mjpeg');
  await writeFile(path, Buffer.concat(Array.from({ length: 30 }, () => frame)));
  return path;
}
