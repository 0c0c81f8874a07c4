import type { Show } from '#core/liveness';
import type { Colour, Point, RgbImage } from '#core/recognition';
import { headFrame } from '../../../scripts/samples/head-shape.ts';
import type { HeadState } from '../../../scripts/samples/animated-head.ts';
import type { Sway } from '../../../scripts/samples/performance.ts';
import { mapPixels, showSurface, type Pose } from '../surfaces.ts';
import { LINEAR, type Radiance } from './camera.ts';
import { cornerAt, emissionsAt, luxAt, patchesOf, type Site, type Vector } from './site.ts';

/** What reaches the camera in its picture of that number, exposed from one moment to another of the sequence (milliseconds). */
export type LightScene = (picture: number, from: number, to: number) => Radiance;

/** A person who stands before a camera, picture by picture: one performance serves for many presentations. */
export interface Standing {
  readonly photo: RgbImage;
  /** 68 of the face at rest. */
  readonly landmarks: readonly Point[];
  readonly frames: readonly { readonly state: HeadState; readonly image: RgbImage }[];
}

/** Metres between the eyes of an average adult. */
const EYES = 0.063;
/** Focal length of a usual webcam, in widths of its picture. */
export const FOCAL = 1.1;
/** Light is computed for squares of so many pixels. */
const CELL = 4;
/** How much of the room's light comes from where most of it does. */
const DIRECTED = 0.6;

/** A point of what is seen: where it is, which way it faces, and which part of what arrives it throws back evenly (1: all). */
interface Spot {
  readonly place: Vector;
  readonly normal: Vector;
}

/** Light of each square by each corner of the screen at full, relative to the room's. */
interface LightMap {
  readonly columns: number;
  readonly rows: number;
  readonly shares: Float32Array;
  readonly normals: readonly Vector[];
}

function lightMap(
  site: Site,
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  spotAt: (x: number, y: number) => Spot,
): LightMap {
  const [columns, rows] = [width / CELL, height / CELL];
  const patches = patchesOf(site);
  const shares = new Float32Array(columns * rows * 4);
  const normals: Vector[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const { place, normal } = spotAt((column + 0.5) * CELL, (row + 0.5) * CELL);
      const lux = luxAt(site, patches, place, normal);
      for (let corner = 0; corner < 4; corner++) {
        shares[4 * (row * columns + column) + corner] = lux[corner]! / site.ambient;
      }
      normals.push(normal);
    }
  }
  return { columns, rows, shares, normals };
}

/** Throws a picture's light back, as lit by the screen as well. @param shaded the room's light that arrives, per square */
function relit(
  picture: RgbImage,
  map: LightMap,
  corners: readonly Colour[],
  ambientColour: Colour,
  shift: Pick<Sway, 'x' | 'y'>,
  shaded: (cell: number) => number = () => 1,
): Radiance {
  const { columns, rows, shares } = map;
  const light = new Float32Array(columns * rows * 3);
  for (let cell = 0; cell < columns * rows; cell++) {
    const shade = shaded(cell);
    for (let c = 0; c < 3; c++) {
      let screen = 0;
      for (let corner = 0; corner < 4; corner++) screen += shares[4 * cell + corner]! * corners[corner]![c]!;
      light[3 * cell + c] = shade + screen / ambientColour[c]!;
    }
  }
  const seen = new Float32Array(picture.data.length);
  const [dx, dy] = [Math.round(shift.x), Math.round(shift.y)];
  const column = Int32Array.from({ length: picture.width }, (_, x) =>
    clamp(Math.floor((x - dx) / CELL), columns),
  );
  let i = 0;
  for (let y = 0; y < picture.height; y++) {
    const row = clamp(Math.floor((y - dy) / CELL), rows);
    for (let x = 0; x < picture.width; x++) {
      const cell = 3 * (row * columns + column[x]!);
      for (let c = 0; c < 3; c++, i++) seen[i] = LINEAR[picture.data[i]!]! * light[cell + c]!;
    }
  }
  return seen;
}

/** Lights a person up as the screen does that shows `show`. */
export function litHead(site: Site, standing: Standing, show: Show): LightScene {
  const map = lightMap(site, standing.photo, headSpots(site, standing));
  const [sx, sy, sz] = site.ambientFrom;
  return (picture, from, to) => {
    const { state, image } = standing.frames[picture % standing.frames.length]!;
    const [yaw, pitch] = [(state.yaw * Math.PI) / 180, (state.pitch * Math.PI) / 180];
    // A face that turns a little shows the lamp another side.
    const shaded = (cell: number): number => {
      const [nx, ny, nz] = map.normals[cell]!;
      const turned = yaw * (-nz * sx + nx * sz) + pitch * (nz * sy - ny * sz);
      return 1 + (DIRECTED * turned) / Math.max(0.3, nx * sx + ny * sy + nz * sz);
    };
    return relit(image, map, emissionsAt(show, from, to), site.ambientColour, state, shaded);
  };
}

/** The light of each square of a head's picture, by each corner of the screen at full, relative to the room's: rows, columns, corners. */
export function headLight(
  site: Site,
  head: Pick<Standing, 'photo' | 'landmarks'>,
): { readonly cell: number; readonly shares: number[] } {
  const { shares } = lightMap(site, head.photo, headSpots(site, head));
  return { cell: CELL, shares: [...shares] };
}

/** Where each pixel of a picture of a head is: the head's shape, a body below it, a wall behind. */
function headSpots(
  site: Site,
  { photo, landmarks }: Pick<Standing, 'photo' | 'landmarks'>,
): (x: number, y: number) => Spot {
  const shape = headFrame(landmarks);
  const { centre, unit } = shape;
  const metres = EYES / unit;
  const behind = site.distance + site.wall;
  const wallMetres = (metres * behind) / site.distance;
  const [cx, cy] = [photo.width / 2, photo.height / 2];
  const depth = (x: number, y: number): number => shape.depthAt(x, y) * EYES;
  return (x, y) => {
    const [u, v] = [(x - centre.x) / unit, (y - centre.y) / unit];
    if (Math.hypot(u / 1.7, (v - 0.5) / 2.1) < 1) {
      const step = 0.12 * unit;
      const slopeX = (depth(x + step, y) - depth(x - step, y)) / (2 * step * metres);
      const slopeY = (depth(x, y + step) - depth(x, y - step)) / (2 * step * metres);
      return {
        place: [(x - cx) * metres, (y - cy) * metres, site.distance + depth(x, y)],
        normal: unitVector([slopeX, slopeY, -1]),
      };
    }
    if (v > 1.6 && Math.abs(u) < 1.2 + 0.9 * (v - 1.6)) {
      const place: Vector = [(x - cx) * metres, (y - cy) * metres, site.distance + 0.1];
      return { place, normal: unitVector([0, -0.3, -1]) };
    }
    return { place: [(x - cx) * wallMetres, (y - cy) * wallMetres, behind], normal: [0, 0, -1] };
  };
}

function unitVector([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

/** Something flat or bent that is held before the camera. */
export interface Held {
  readonly texture: RgbImage;
  readonly pose: Pose;
  readonly sway: (picture: number) => Sway;
  /** Metres from the camera. */
  readonly distance: number;
  /** The wall behind. */
  readonly background: RgbImage;
}

/** What its surface does with light. */
export interface Surface {
  /** What it emits where its picture is white, cd/m²; 0 for paper. */
  readonly emits: number;
  /** What it throws back evenly: of paper as its picture says (`'picture'`), of a screen the same share everywhere. */
  readonly matte: 'picture' | number;
  /** What it throws back as a mirror. */
  readonly mirrors: number;
}

/** Shows something held before the kiosk's screen. @param texture at a time, where its picture moves */
export function litSurface(
  site: Site,
  held: Held,
  surface: Surface,
  show: Show,
  texture: (picture: number) => RgbImage = () => held.texture,
): LightScene {
  const { width, height } = held.background;
  const focal = FOCAL * width;
  const normal = normalOf(held.pose);
  const behind = site.distance + site.wall;
  const bend = ((held.pose.bendAcross * Math.PI) / 180) * (1 / (held.texture.width * held.pose.scale));
  const white = mapPixels(held.texture, () => 255);
  const black = mapPixels(held.background, () => 0);
  const mask = showSurface(white, held.pose, black);
  const isHeld = (x: number, y: number): boolean =>
    mask.data[3 * (Math.floor(y) * width + Math.floor(x))]! > 127;
  const map = lightMap(site, held.background, (x, y) => {
    const ray: Vector = [(x - width / 2) / focal, (y - height / 2) / focal, 1];
    if (!isHeld(x, y)) return { place: scaled(ray, behind), normal: [0, 0, -1] };
    const angle = bend * (x - width / 2 - held.pose.x);
    const bent = unitVector([normal[0] + Math.sin(angle), normal[1], normal[2] * Math.cos(angle)]);
    return { place: scaled(ray, held.distance), normal: bent };
  });
  const mirror = surface.mirrors > 0 ? mirrored(site, held, normal, width, height) : null;
  /** cd/m² of a white sheet in the room's light. */
  const sheet = site.ambient / Math.PI;
  return (number, from, to) => {
    const { x, y, yaw, pitch, roll } = held.sway(number);
    const pose = {
      ...held.pose,
      x: held.pose.x + x,
      y: held.pose.y + y,
      yaw: held.pose.yaw + yaw,
      pitch: held.pose.pitch + pitch,
      roll: held.pose.roll + roll,
    };
    const picture = showSurface(texture(number), pose, held.background);
    const corners = emissionsAt(show, from, to);
    const seen = relit(picture, map, corners, site.ambientColour, { x, y });
    if (surface.matte === 'picture') return seen;
    const [dx, dy] = [Math.round(x), Math.round(y)];
    for (let py = 0; py < height; py++) {
      for (let px = 0; px < width; px++) {
        const [mx, my] = [clamp(px - dx, width), clamp(py - dy, height)];
        if (!isHeld(mx, my)) continue;
        const cell = Math.floor(my / CELL) * map.columns + Math.floor(mx / CELL);
        const corner = mirror?.[cell] ?? -1;
        for (let c = 0; c < 3; c++) {
          const i = 3 * (py * width + px) + c;
          let thrown = 1;
          for (let k = 0; k < 4; k++)
            thrown += (map.shares[4 * cell + k]! * corners[k]![c]!) / site.ambientColour[c]!;
          const reflection =
            corner >= 0
              ? (surface.mirrors * site.luminance * corners[corner]![c]!) / site.ambientColour[c]!
              : 0;
          seen[i] =
            (surface.emits * LINEAR[picture.data[i]!]!) / sheet + surface.matte * thrown + reflection / sheet;
        }
      }
    }
    return seen;
  };
}

/** The corner of the kiosk's screen that each square of a mirror shows the camera, -1 for none. */
function mirrored(site: Site, held: Held, normal: Vector, width: number, height: number): Int8Array {
  const focal = FOCAL * width;
  const [columns, rows] = [width / CELL, height / CELL];
  const middle = held.distance * normal[2];
  return Int8Array.from({ length: columns * rows }, (_, cell) => {
    const x = ((cell % columns) + 0.5) * CELL;
    const y = (Math.floor(cell / columns) + 0.5) * CELL;
    const ray: Vector = [(x - width / 2) / focal, (y - height / 2) / focal, 1];
    const along = dot(ray, normal);
    const place = scaled(ray, middle / along);
    const back: Vector = [
      ray[0] - 2 * along * normal[0],
      ray[1] - 2 * along * normal[1],
      ray[2] - 2 * along * normal[2],
    ];
    const reach = -place[2] / back[2];
    return cornerAt(site, place[0] + reach * back[0], place[1] + reach * back[1]) ?? -1;
  });
}

/** Which way something flat faces. */
function normalOf({ yaw, pitch }: Pose): Vector {
  const [y, p] = [(yaw * Math.PI) / 180, (pitch * Math.PI) / 180];
  return unitVector([Math.sin(y), -Math.sin(p), -Math.cos(y) * Math.cos(p)]);
}

const scaled = ([x, y, z]: Vector, by: number): Vector => [x * by, y * by, z * by];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const clamp = (value: number, end: number): number => Math.min(end - 1, Math.max(0, value));
