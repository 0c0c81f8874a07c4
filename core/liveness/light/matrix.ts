/** Of 3 x 3 numbers, row by row: what the channels of colours have in common. */
export type Matrix = readonly number[];

/** The channels of a colour. */
export const CHANNELS: readonly number[] = [0, 1, 2];

/** A matrix by its elements. */
export function square(element: (row: number, column: number) => number): Matrix {
  const [a, b, c] = [element(0, 0), element(0, 1), element(0, 2)];
  const [d, e, f] = [element(1, 0), element(1, 1), element(1, 2)];
  return [a, b, c, d, e, f, element(2, 0), element(2, 1), element(2, 2)];
}

export const IDENTITY: Matrix = square((row, column) => (row === column ? 1 : 0));

/** Sum of the products of the elements. */
export function dotOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Of a symmetric matrix, by its cofactors. */
export function inverse(matrix: Matrix): Matrix {
  const [a, b, c, , d, e, , , f] = matrix;
  const [A, B, C] = [d! * f! - e! * e!, c! * e! - b! * f!, b! * e! - c! * d!];
  const determinant = a! * A + b! * B + c! * C;
  const [p, q, r] = [A / determinant, B / determinant, C / determinant];
  const s = (b! * c! - a! * e!) / determinant;
  return [p, q, r, q, (a! * f! - c! * c!) / determinant, s, r, s, (a! * d! - b! * b!) / determinant];
}
