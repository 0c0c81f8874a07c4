import type { Corners, Show } from '#core/liveness';
import type { Colour } from '#core/recognition';
import { between, type Random } from '../presentation.ts';

/** A kiosk in a room: its screen, its camera in the middle of the upper edge, and the light. Metres and candela. */
export interface Site {
  readonly width: number;
  readonly height: number;
  /** cd/m² of full white. */
  readonly luminance: number;
  /** Illuminance of what faces the camera, in lux, by everything but the screen. */
  readonly ambient: number;
  /** Its colour relative to the screen's white. */
  readonly ambientColour: Colour;
  /** From where most of it comes: right, down, away from the camera. */
  readonly ambientFrom: Vector;
  /** Metres from the camera to what is presented, and on to the wall. */
  readonly distance: number;
  readonly wall: number;
}

export type Vector = readonly [x: number, y: number, z: number];

/** Screens that kiosks have: 15.6, 21.5 and 24 inches, 21.5 upright, and a tablet of 10. */
const SCREENS = [
  [0.345, 0.194],
  [0.476, 0.268],
  [0.531, 0.299],
  [0.268, 0.476],
  [0.217, 0.136],
] as const;

/** Share of the screen's width and height that the preview takes. */
const PREVIEW = 0.5;

/** @param ambient lux */
export function drawSite(ambient: number, random: Random): Site {
  const [width, height] = SCREENS[Math.floor(random() * SCREENS.length)]!;
  const warmth = between(random, 0, 1);
  const angle = between(random, 0, 2 * Math.PI);
  const side = between(random, 0.2, 0.9);
  return {
    width,
    height,
    luminance: between(random, 220, 400),
    ambient,
    // From daylight to warm white lamps of 3,000 K.
    ambientColour: [1 + 0.45 * warmth, 1, 1 - 0.45 * warmth],
    ambientFrom: [side * Math.cos(angle), -side * Math.abs(Math.sin(angle)), -Math.sqrt(1 - side ** 2)],
    distance: between(random, 0.45, 0.7),
    wall: between(random, 0.7, 3),
  };
}

/** Of each corner of the screen, as {@link Show} has them, as the camera sees the world: x to the visitor's left. */
export interface Patch {
  readonly corner: number;
  readonly x: number;
  readonly y: number;
  readonly area: number;
}

/** Pieces of the screen's surround, each small against the distance. */
export function patchesOf({ width, height }: Site): Patch[] {
  const [columns, rows] = [12, 10];
  const patches: Patch[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [u, v] = [(column + 0.5) / columns - 0.5, (row + 0.5) / rows - 0.5];
      if (isPreview(u, v)) continue;
      patches.push({
        corner: cornerOf(u, v),
        x: u * width,
        y: (v + 0.5) * height,
        area: (width / columns) * (height / rows),
      });
    }
  }
  return patches;
}

const isPreview = (u: number, v: number): boolean => Math.abs(u) < PREVIEW / 2 && Math.abs(v) < PREVIEW / 2;

/** The visitor's left is the right of what the camera sees. */
const cornerOf = (u: number, v: number): number => (v < 0 ? 0 : 2) + (u >= 0 ? 0 : 1);

/** The corner of the surround at a point of the screen's plane, in metres from the camera; null beside it. */
export function cornerAt({ width, height }: Site, x: number, y: number): number | null {
  const [u, v] = [x / width, y / height - 0.5];
  const isOn = Math.abs(u) <= 0.5 && Math.abs(v) <= 0.5 && !isPreview(u, v);
  return isOn ? cornerOf(u, v) : null;
}

/**
 * Lux at a point by each corner of the screen at full white. Pieces of the screen radiate after Lambert, and fall off with
 * the square of the distance.
 */
export function luxAt(
  { luminance }: Site,
  patches: readonly Patch[],
  [x, y, z]: Vector,
  [nx, ny, nz]: Vector,
): readonly number[] {
  const lux = [0, 0, 0, 0];
  for (const patch of patches) {
    const [dx, dy, dz] = [patch.x - x, patch.y - y, -z];
    const squared = dx * dx + dy * dy + dz * dz;
    const distance = Math.sqrt(squared);
    const arriving = (nx * dx + ny * dy + nz * dz) / distance;
    if (arriving > 0) lux[patch.corner]! += (luminance * patch.area * arriving * (z / distance)) / squared;
  }
  return lux;
}

/** What the corners emit between two times; before and after the sequence, and without one, the kiosk's dark screen. */
export const emissionsAt = (show: Show, from: number, to: number): Corners =>
  show.between(from, to) ?? [DARK, DARK, DARK, DARK];

const DARK: Colour = [0.02, 0.02, 0.03];
