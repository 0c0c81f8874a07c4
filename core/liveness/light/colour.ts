import { LIGHT_COLOURS, type LightColour } from '#contract';
import { toLinear, type Colour } from '#core/recognition';

/** What a part of the screen emits in a colour, relative to its full white. */
export function emissionOf(colour: LightColour): Colour {
  const [red, green, blue] = LIGHT_COLOURS[colour];
  return [toLinear(red), toLinear(green), toLinear(blue)];
}

/** Relative luminance, 0 for black to 1 for white. (WCAG 2.2.) */
export const luminanceOf = ([red, green, blue]: Colour): number =>
  0.2126 * red + 0.7152 * green + 0.0722 * blue;

export const middle = (a: Colour, b: Colour): Colour => [
  (a[0] + b[0]) / 2,
  (a[1] + b[1]) / 2,
  (a[2] + b[2]) / 2,
];
