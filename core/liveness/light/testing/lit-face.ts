import type { LightSlot } from '#contract';
import { FACE_REGIONS, type Colour, type FaceRegion, type RegionColours } from '#core/recognition';
import { halvesOf, Show } from '../show.ts';
import type { LightFrame } from '../evidence.ts';

/** How the regions of something in front of a screen are lit. Shares of a region's light by the left half and the upper one. */
export interface Lit {
  /** Light of the full screen relative to the room's. */
  readonly gain: number;
  readonly shares: Readonly<Record<FaceRegion, readonly [left: number, top: number]>>;
  /** Milliseconds from the screen to the picture. */
  readonly delay: number;
  /** The same light is added everywhere, whatever a region throws back. */
  readonly glossy?: boolean;
  /** Exposure and white balance over time, in milliseconds. */
  readonly camera?: (at: number) => Colour;
}

export const HEAD: Lit['shares'] = {
  forehead: [0.5, 0.55],
  leftCheek: [0.65, 0.5],
  rightCheek: [0.35, 0.5],
  nose: [0.5, 0.5],
  chin: [0.5, 0.45],
  brows: [0.5, 0.54],
};
export const FLAT = Object.fromEntries(
  FACE_REGIONS.map((region) => [region, [0.5, 0.5]]),
) as unknown as Lit['shares'];

/** What the regions throw back of the room's light. */
const REFLECTED: Readonly<Record<FaceRegion, Colour>> = {
  forehead: [0.4, 0.3, 0.22],
  leftCheek: [0.42, 0.28, 0.2],
  rightCheek: [0.3, 0.2, 0.15],
  nose: [0.4, 0.29, 0.21],
  chin: [0.33, 0.24, 0.17],
  brows: [0.14, 0.1, 0.08],
};

/** Frames of a sequence, 15 a second, with what a face pulses and sways by itself. @param random 0..1, seeded */
export function litFrames(slots: readonly LightSlot[], lit: Lit, random: () => number): LightFrame[] {
  const show = new Show(slots);
  const frames: LightFrame[] = [];
  for (let at = 20; at < show.duration; at += 67) {
    const corners = show.between(at - lit.delay - 10, at - lit.delay + 10);
    const halves = corners && halvesOf(corners);
    const camera = lit.camera?.(at) ?? [1, 1, 1];
    const noisy = (colour: Colour): Colour =>
      colour.map((value, c) => value * camera[c]! * (1 + 0.003 * (random() - 0.5))) as unknown as Colour;
    const light = (region: FaceRegion): Colour => {
      const [left, top] = lit.shares[region];
      return REFLECTED[region].map((reflected, c) => {
        const screen = halves
          ? lit.gain *
            (left * halves.left[c]! +
              (1 - left) * halves.right[c]! +
              (top - 0.5) * (halves.top[c]! - halves.bottom[c]!))
          : 0;
        const pulse = 1 + 0.003 * Math.sin(at / 130);
        return reflected * pulse + screen * (lit.glossy ? 0.3 : reflected);
      }) as unknown as Colour;
    };
    const regions = Object.fromEntries(FACE_REGIONS.map((region) => [region, noisy(light(region))]));
    const background = Array.from({ length: 20 }, (_, i) => noisy([0.1 + i / 80, 0.2, 0.3 - i / 90]));
    frames.push({ at, colours: { regions, clipped: 0, background } as unknown as RegionColours });
  }
  return frames;
}
