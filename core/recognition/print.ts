/** Side of a {@link printOf}. */
export const PRINT_SIDE = 56;

const SIDE = 2 * PRINT_SIDE;
const PLANE = SIDE * SIDE;

/**
 * A small picture of an aligned face: ITU-R BT.601 luma 0..255, each pixel the mean of 2 x 2.
 * @param aligned planes R, G, B of 112 x 112 pixels
 */
export function printOf(aligned: Float32Array): Uint8Array {
  const print = new Uint8Array(PRINT_SIDE * PRINT_SIDE);
  for (let y = 0; y < PRINT_SIDE; y++) {
    for (let x = 0; x < PRINT_SIDE; x++) {
      const at = 2 * y * SIDE + 2 * x;
      const above = lumaAt(aligned, at) + lumaAt(aligned, at + 1);
      print[y * PRINT_SIDE + x] = Math.round(
        (above + lumaAt(aligned, at + SIDE) + lumaAt(aligned, at + SIDE + 1)) / 4,
      );
    }
  }
  return print;
}

const lumaAt = (rgb: Float32Array, i: number): number =>
  0.299 * rgb[i]! + 0.587 * rgb[i + PLANE]! + 0.114 * rgb[i + 2 * PLANE]!;
