import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { CHALLENGE_STEPS } from '#contract';
import { seeded } from '#core/matching';
import { createRecognizer, toLinear, type RgbImage } from '#core/recognition';
import { fromLinear } from '../../../test/attacks/light/camera.ts';
import { headLight } from '../../../test/attacks/light/scenes.ts';
import type { Site } from '../../../test/attacks/light/site.ts';
import { sensorNoise } from '../../../test/attacks/presentation.ts';
import { AT_REST, type HeadState } from '../../samples/animated-head.ts';
import { sampleHead, toJpeg } from '../../samples/live-head.ts';
import { perform, type Performance } from '../../samples/performance.ts';
import type { SampleFace } from '../../samples/samples.ts';
import type { Film, StepTake } from './page/film.ts';

const WEIGHTS = fileURLToPath(new URL('../../../models/weights/', import.meta.url));
const CLIPS = fileURLToPath(new URL('../../../.cache/clips/', import.meta.url));

/** A camera's pictures: how many a second, their noise (deviation in values of 0..255), their quality as JPEG. */
const CAMERA = { framesPerSecond: 30, noise: 1.2, quality: 88 } as const;
/** Seconds that a visitor stands without showing the same again: longer than a visit. */
const STANDING_SECONDS = 12;
/** How often each step was filmed. */
const TAKES = 3;
/** So fast each way of swaying goes: none is back where it was together with another. */
const PACES = [0.809, 0.618, 0.755] as const;

/** An office with a kiosk of 21.5 inches at arm's length: lux, candela and metres. */
const SITE: Site = {
  width: 0.476,
  height: 0.268,
  luminance: 300,
  ambient: 300,
  ambientColour: [1, 1, 1],
  ambientFrom: [0.3, -0.5, -0.81],
  distance: 0.6,
  wall: 1.5,
};
/** The room's light leaves so much of a picture's range for that of the screen. */
const ROOM = 0.75;

/** A film and its pictures, one after the other. */
export interface MadeFilm {
  readonly film: Film;
  readonly bytes: Uint8Array;
}

/** Everything that the person of a sample photograph can be seen to do. Made once and kept. */
export async function visitorFilm(face: SampleFace): Promise<MadeFilm> {
  const id = createHash('sha256')
    .update(JSON.stringify([face, CAMERA, STANDING_SECONDS, TAKES, SITE, ROOM, PACES, 2]))
    .digest('hex');
  const path = join(CLIPS, `${face.person}-visitor-${id.slice(0, 12)}`);
  if (!existsSync(`${path}.json`)) {
    const { film, bytes } = await make(face);
    await mkdir(CLIPS, { recursive: true });
    await writeFile(`${path}.bin`, bytes);
    await writeFile(`${path}.part`, JSON.stringify(film));
    await rename(`${path}.part`, `${path}.json`);
  }
  const film = JSON.parse(await readFile(`${path}.json`, 'utf8')) as Film;
  return { film, bytes: await readFile(`${path}.bin`) };
}

async function make(face: SampleFace): Promise<MadeFilm> {
  process.stderr.write(`filming ${face.person}, once\n`);
  const recognizer = await createRecognizer({ weightsDir: WEIGHTS, workers: 1 });
  try {
    const head = await sampleHead(recognizer, face);
    const random = seeded(1);
    const camera = newCamera(random);
    const frames: Buffer[] = [];
    /** @returns the frame's number */
    const shoot = async (picture: RgbImage): Promise<number> => frames.push(await camera(picture)) - 1;
    const shootAll = async (states: readonly HeadState[]): Promise<number[]> => {
      const numbers: number[] = [];
      for (const state of states) numbers.push(await shoot(head.frame(state)));
      return numbers;
    };
    const { width, height } = head.photo;
    const wall = { width, height, channels: 3, background: '#8a8578' } as const;
    const empty = await shoot({
      width,
      height,
      data: new Uint8Array(await sharp({ create: wall }).raw().toBuffer()),
    });
    const standing = { frames: await shootAll(standingStill(random)) };
    const steps: StepTake[] = [];
    for (const step of CHALLENGE_STEPS) {
      const performance = perform(
        Array.from({ length: TAKES }, () => step),
        random,
      );
      for (let take = 0; take < TAKES; take++) {
        steps.push({ step, frames: await shootAll(stepOf(performance, take)) });
      }
    }
    const offsets = [0];
    for (const { length } of frames) offsets.push(offsets.at(-1)! + length);
    const { framesPerSecond } = CAMERA;
    const { cell, shares } = headLight(SITE, head);
    const light = { cell, shares: shares.map((share) => Number(share.toFixed(5))) };
    return {
      film: { width, height, framesPerSecond, offsets, empty, standing, steps, light },
      bytes: Buffer.concat(frames),
    };
  } finally {
    await recognizer.close();
  }
}

/** Somebody who is asked for nothing. No pose comes back: a picture that does is taken for a recording. */
function standingStill(random: () => number): HeadState[] {
  const ways = PACES.map((pace) => ({ pace, ...perform([], random) }));
  const count = STANDING_SECONDS * CAMERA.framesPerSecond;
  return Array.from({ length: count }, (_, i) => {
    const [turn, tilt, look] = ways.map(({ pace, at, duration }) => at((i / count) * pace * duration)) as [
      HeadState,
      HeadState,
      HeadState,
    ];
    const { pitch, roll } = tilt;
    const { eyesClosed, smile } = look;
    return { ...turn, pitch, roll, eyesClosed, smile };
  });
}

/** One step from rest to rest, which is another one each time: the same picture of two steps would be taken for a recording. */
function stepOf({ steps, at, sway, share }: Performance, index: number): HeadState[] {
  const { start, end } = steps[index]!;
  const resting = sway(start);
  const count = Math.ceil(((end - start) * CAMERA.framesPerSecond) / 1000);
  return Array.from({ length: count }, (_, i) => {
    const time = start + (i * 1000) / CAMERA.framesPerSecond;
    const state: HeadState = at(time);
    const still = 1 - share(index, time);
    const swaying = sway(time);
    const names = Object.keys(swaying) as (keyof typeof swaying)[];
    return {
      ...AT_REST,
      ...state,
      ...Object.fromEntries(
        names.map((name) => [name, state[name] - still * (swaying[name] - resting[name])]),
      ),
    };
  });
}

/** Numbers from which noise is taken: a stretch of it is begun anywhere. */
const NOISE_LENGTH = 1 << 18;

/** A webcam whose exposure is locked, in a room that leaves range for the screen's light. */
function newCamera(random: () => number): (seen: RgbImage) => Promise<Buffer> {
  const dimmed = Float32Array.from({ length: 256 }, (_, value) => 255 * fromLinear(ROOM * toLinear(value)));
  const noise = sensorNoise(CAMERA.noise, NOISE_LENGTH, random);
  return async ({ data, width, height }) => {
    const from = Math.floor(random() * NOISE_LENGTH);
    const taken = new Uint8ClampedArray(data.length);
    for (let i = 0, k = from; i < data.length; i += 3, k++) {
      // What a webcam leaves of its noise is brightness more than colour.
      for (let c = i; c < i + 3; c++) taken[c] = dimmed[data[c]!]! + noise[k % NOISE_LENGTH]!;
    }
    return await toJpeg({ width, height, data: new Uint8Array(taken.buffer) }, CAMERA.quality);
  };
}
