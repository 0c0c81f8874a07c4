import { z } from 'zod';

/**
 * What the screen may show in a light challenge, as 8-bit sRGB. None is a saturated red; one half of the palette differs from
 * the other in every primary, so that each of a camera's channels is asked.
 */
export const LIGHT_COLOURS = {
  dark: [24, 24, 24],
  white: [255, 255, 255],
  cyan: [40, 255, 255],
  yellow: [255, 255, 40],
  magenta: [255, 40, 255],
  green: [40, 255, 90],
  blue: [40, 90, 255],
} as const satisfies Record<string, readonly [red: number, green: number, blue: number]>;

export const LightColour = z.enum(Object.keys(LIGHT_COLOURS) as [keyof typeof LIGHT_COLOURS]);
export type LightColour = keyof typeof LIGHT_COLOURS;

/** How the surround of the preview is divided. Left and right are the visitor's own, as everywhere. */
export const LightSplit = z.enum(['whole', 'left-right', 'top-bottom']);
export type LightSplit = z.infer<typeof LightSplit>;

/** What is shown for a while: the first colour on the left, on top or everywhere, the second one on the other half. */
export const LightSlot = z.strictObject({
  split: LightSplit,
  colours: z.tuple([LightColour, LightColour]),
  milliseconds: z.int().min(200).max(500),
});
export type LightSlot = z.infer<typeof LightSlot>;

/** Everything that a light challenge shows, one slot after the other. */
export const LightChallenge = z.array(LightSlot).min(5).max(8);
export type LightChallenge = z.infer<typeof LightChallenge>;

/** Milliseconds that a light challenge lasts. */
export const lightDuration = (slots: readonly LightSlot[]): number =>
  slots.reduce((sum, { milliseconds }) => sum + milliseconds, 0);

/** Why the light of a screen was not found on a face. */
export const LightReason = z.enum([
  /** The face does not answer in time, order and place. */
  'light-missing',
  /** It answers, but later than a screen and a camera take. */
  'light-late',
  /** Both sides of the face answer alike, as a flat picture does. */
  'light-flat',
  /** What is dark answers as what is bright: light that glass throws back, not skin. */
  'light-glossy',
  /** The room, or too few pictures, leave too little of the screen's light to tell. */
  'light-unclear',
]);
export type LightReason = z.infer<typeof LightReason>;
