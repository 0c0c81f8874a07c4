import type { RgbImage } from '#core/recognition';
import { paintTexture } from '../../scripts/samples/mesh.ts';

/** How a flat or bent surface is held in front of the camera. Lengths in parts of the camera's distance. */
export interface Pose {
  /** Degrees, signs as of a head. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  /** Pixels. */
  readonly x: number;
  readonly y: number;
  /** 1 shows the surface at its own size. */
  readonly scale: number;
  /** Bend about the upright and the level middle line, in degrees from edge to edge; > 0 bulges towards the camera. */
  readonly bendAcross: number;
  readonly bendDown: number;
}

export const FLAT: Pose = { yaw: 0, pitch: 0, roll: 0, x: 0, y: 0, scale: 1, bendAcross: 0, bendDown: 0 };

/** Focal length of a usual webcam, in widths of its picture. */
const FOCAL = 1.1;

/** A textured surface in front of a background of the same size. */
export function showSurface(texture: RgbImage, pose: Pose, background: RgbImage): RgbImage {
  const { width, height } = background;
  const frame = { ...background, data: new Uint8Array(background.data) };
  const focal = FOCAL * width;
  const [sy, cy] = sineCosine(pose.yaw);
  const [sp, cp] = sineCosine(pose.pitch);
  const [sr, cr] = sineCosine(pose.roll);
  paintTexture(frame, texture, (u, v) => {
    const across = roll((u - texture.width / 2) / focal, texture.width / focal, pose.bendAcross);
    const down = roll((v - texture.height / 2) / focal, texture.height / focal, pose.bendDown);
    const [x0, y0, z0] = [across.along, down.along, across.back + down.back];
    // Yaw, then pitch, then roll, as a head.
    const x1 = cy * x0 - sy * z0;
    const z1 = sy * x0 + cy * z0;
    const y2 = cp * y0 + sp * z1;
    const z2 = -sp * y0 + cp * z1;
    const distance = 1 / pose.scale + z2;
    return {
      x: width / 2 + pose.x + (focal * (cr * x1 - sr * y2)) / distance,
      y: height / 2 + pose.y + (focal * (sr * x1 + cr * y2)) / distance,
      distance,
    };
  });
  return frame;
}

/** A sheet rolled around a cylinder: where a point that far from its middle line comes to lie, and how far back. */
function roll(offset: number, length: number, degrees: number): { along: number; back: number } {
  if (degrees === 0) return { along: offset, back: 0 };
  const radius = length / ((degrees * Math.PI) / 180);
  const angle = offset / radius;
  return { along: radius * Math.sin(angle), back: radius * (1 - Math.cos(angle)) };
}

function sineCosine(degrees: number): [number, number] {
  const radians = (degrees * Math.PI) / 180;
  return [Math.sin(radians), Math.cos(radians)];
}

/** Change every pixel. @param colour takes channels 0..255 and the pixel's place, and returns what it becomes */
export function mapPixels(
  image: RgbImage,
  colour: (value: number, channel: number, x: number, y: number) => number,
): RgbImage {
  const data = new Uint8ClampedArray(image.data.length);
  let i = 0;
  for (let y = 0; y < image.height; y++) {
    for (let x = 0; x < image.width; x++) {
      for (let channel = 0; channel < 3; channel++, i++) data[i] = colour(image.data[i]!, channel, x, y);
    }
  }
  return { ...image, data: new Uint8Array(data.buffer) };
}

/** A wall of a room, lit from one side. */
export function wall(width: number, height: number, random: () => number): RgbImage {
  const base = [0, 1, 2].map(() => 90 + 110 * random());
  const slope = (random() - 0.5) * 80;
  return mapPixels(
    { width, height, data: new Uint8Array(width * height * 3) },
    (_, channel, x, y) => base[channel]! + slope * (x / width - 0.5) - 20 * (y / height),
  );
}

/** The same picture inside an even border. */
export function bordered(image: RgbImage, border: number, value: number): RgbImage {
  const width = image.width + 2 * border;
  const height = image.height + 2 * border;
  const data = new Uint8Array(width * height * 3).fill(value);
  for (let y = 0; y < image.height; y++) {
    data.set(
      image.data.subarray(3 * y * image.width, 3 * (y + 1) * image.width),
      3 * ((y + border) * width + border),
    );
  }
  return { width, height, data };
}
