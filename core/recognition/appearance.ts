import { PRINT_SIDE } from './print.ts';

/** Pixels of a print from one side of a cell to the other. */
const CELL = 7;
const CELLS = PRINT_SIDE / CELL;

/** Standard deviation of luma below which a picture is all of one colour, and noise must not be blown up. */
const LEAST_CONTRAST = 4;

/** How many numbers {@link appearanceOf} gives. */
export const APPEARANCE_LENGTH = 2 * CELLS ** 2;

/**
 * What a face looks like from afar, whatever the light and the camera's contrast: of 8 x 8 cells the mean luma, then the
 * logarithm of its standard deviation, both relative to those of the whole. A cover is a few cells of another brightness
 * without texture; a template, made to overlook such things, holds little of it.
 * @param print see `printOf`
 */
export function appearanceOf(print: Uint8Array): Float32Array {
  const whole = momentsOf(print, 0, 0, PRINT_SIDE);
  const contrast = Math.max(LEAST_CONTRAST, whole.deviation);
  const appearance = new Float32Array(APPEARANCE_LENGTH);
  for (let i = 0; i < CELLS ** 2; i++) {
    const cell = momentsOf(print, CELL * (i % CELLS), CELL * Math.floor(i / CELLS), CELL);
    appearance[i] = (cell.mean - whole.mean) / contrast;
    appearance[CELLS ** 2 + i] = Math.log((cell.deviation + 1) / contrast);
  }
  return appearance;
}

/** Of the luma in a square of a print. */
function momentsOf(
  print: Uint8Array,
  left: number,
  top: number,
  side: number,
): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) {
      const value = print[y * PRINT_SIDE + x]!;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / side ** 2;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / side ** 2 - mean ** 2)) };
}
