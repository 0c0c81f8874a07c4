import { toLinear, type RgbImage } from '#core/recognition';
import { toJpeg } from '../../../scripts/samples/live-head.ts';
import { between, sensorNoise, type Random } from '../presentation.ts';

/** What reaches the camera: linear light of each pixel's red, green and blue; 1 is a white sheet in the room's light. */
export type Radiance = Float32Array;

/** Takes one picture after the other, milliseconds apart. */
export type LightCamera = (seen: Radiance, sinceLast: number) => Promise<Buffer>;

/** Mean light that exposure aims at, and how far a camera can be from it. */
const TARGET = 0.2;

/** The table from linear light to a picture's values has so many entries for each 1 of light. */
const ENTRIES = 4096;
const BRIGHTEST = 1.6;

const NOISE_LENGTH = 1 << 16;

/**
 * A webcam whose exposure and white balance follow what it sees, or are locked; with a tone curve of its own, noise of its
 * sensor, some noise reduction over time, and JPEG.
 * @param ambient lux: the darker the room, the more noise
 */
export function newLightCamera(
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  ambient: number,
  random: Random,
): LightCamera {
  const locked = { exposure: random() < 0.3, balance: random() < 0.3 };
  const settle = { exposure: between(random, 150, 700), balance: between(random, 800, 3000) };
  const strength = { exposure: between(random, 0.5, 1), balance: between(random, 0, 0.6) };
  const curve = toneCurve(between(random, -0.15, 0.4));
  const kept = between(random, 0, 0.25);
  const noise = sensorNoise(between(random, 0.6, 1.6) * (1 + 120 / (ambient + 60)), NOISE_LENGTH, random);
  const quality = Math.round(between(random, 80, 92));
  let gains: [number, number, number] | null = null;
  let first: readonly number[] = [];
  let before: Float32Array | null = null;

  return async (seen, sinceLast) => {
    const means = meansOf(seen, width, height);
    const mean = (means[0] + means[1] + means[2]) / 3;
    if (gains === null) {
      const exposure = Math.min(6, Math.max(0.15, TARGET / mean));
      gains = [exposure, exposure, exposure];
      first = means;
    }
    const at = Math.floor(random() * NOISE_LENGTH);
    const data = new Uint8ClampedArray(seen.length);
    const smoothed: Float32Array = before ?? Float32Array.from(seen);
    for (let i = 0, k = at; i < seen.length; i += 3, k++) {
      const common = noise[k & (NOISE_LENGTH - 1)]!;
      for (let c = 0; c < 3; c++) {
        const light = kept * smoothed[i + c]! + (1 - kept) * seen[i + c]!;
        smoothed[i + c] = light;
        const value = Math.min(BRIGHTEST * ENTRIES, light * gains[c]! * ENTRIES) | 0;
        // What a webcam leaves of its noise is brightness more than colour.
        data[i + c] = curve[value]! + common + 0.4 * noise[(k * 3 + c * 7919) & (NOISE_LENGTH - 1)]!;
      }
    }
    before = smoothed;
    gains = gains.map((gain, c) => {
      const darker = first.reduce((sum, value) => sum + value, 0) / 3 / mean;
      const cast = first[c]! / means[c]! / darker;
      const start = Math.min(6, Math.max(0.15, TARGET / (first.reduce((sum, value) => sum + value, 0) / 3)));
      const wanted =
        start *
        (locked.exposure ? 1 : darker ** strength.exposure) *
        (locked.balance ? 1 : cast ** strength.balance);
      const pace = locked.exposure ? settle.balance : settle.exposure;
      return gain + (wanted - gain) * (1 - Math.exp(-sinceLast / pace));
    }) as [number, number, number];
    return await toJpeg({ width, height, data: new Uint8Array(data.buffer) }, quality);
  };
}

/** Of the middle, where cameras meter most. */
function meansOf(seen: Radiance, width: number, height: number): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (let y = height >> 2; y < (3 * height) >> 2; y += 3) {
    for (let x = width >> 2; x < (3 * width) >> 2; x += 3, count++) {
      for (let c = 0; c < 3; c++) sums[c]! += Math.min(BRIGHTEST, seen[3 * (y * width + x) + c]!);
    }
  }
  return sums.map((sum) => Math.max(1e-3, sum / count)) as [number, number, number];
}

/** From linear light to sRGB, both 0..1. (IEC 61966-2-1.) */
export const fromLinear = (x: number): number =>
  x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;

/** From linear light to values 0..255: sRGB, its contrast changed. */
function toneCurve(contrast: number): Float32Array {
  return Float32Array.from({ length: BRIGHTEST * ENTRIES + 1 }, (_, i) => {
    const y = fromLinear(Math.min(1, i / ENTRIES));
    return 255 * (y + contrast * (y * y * (3 - 2 * y) - y));
  });
}

/** Linear light of every value of a picture. */
export const LINEAR: Float32Array = Float32Array.from({ length: 256 }, (_, value) => toLinear(value));
