/** Side of a {@link printOf}. */
export const PRINT_SIDE = 56;

/**
 * A small picture of an aligned face: ITU-R BT.601 luma 0..255, each pixel the mean of 2 x 2.
 * @param aligned planes R, G, B of 112 x 112 pixels
 */
export function printOf(aligned: Float32Array): Uint8Array {
  const side = 2 * PRINT_SIDE;
  const plane = side * side;
  const print = new Uint8Array(PRINT_SIDE * PRINT_SIDE);
  for (let y = 0; y < PRINT_SIDE; y++) {
    for (let x = 0; x < PRINT_SIDE; x++) {
      const at = 2 * y * side + 2 * x;
      let sum = 0;
      for (const i of [at, at + 1, at + side, at + side + 1]) {
        sum += 0.299 * aligned[i]! + 0.587 * aligned[i + plane]! + 0.114 * aligned[i + 2 * plane]!;
      }
      print[y * PRINT_SIDE + x] = Math.round(sum / 4);
    }
  }
  return print;
}
