/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** The channels of a colour. */
export const CHANNELS: readonly number[] = [0, 1, 2];

export const IDENTITY: Matrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];

/** A matrix of 3 x 3 by its elements. */
export const square = (element: (row: number, column: number) => number): Matrix =>
  CHANNELS.map((row) => CHANNELS.map((column) => element(row, column)));

export const scaled = (matrix: Matrix, by: number): Matrix =>
  matrix.map((row) => row.map((value) => value * by));

/** Sum of the products of the elements of two matrices of one shape. */
export function inner(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let row = 0; row < a.length; row++) sum += dotOf(a[row]!, b[row]!);
  return sum;
}

export function dotOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Of a symmetric matrix of 3 x 3, by its cofactors. */
export function inverse(matrix: Matrix): Matrix {
  const [[a, b, c], [, d, e], [, , f]] = matrix as [number[], number[], number[]];
  const [A, B, C] = [d! * f! - e! * e!, c! * e! - b! * f!, b! * e! - c! * d!];
  const determinant = a! * A + b! * B + c! * C;
  const D = (b! * c! - a! * e!) / determinant;
  const [p, q, r] = [A / determinant, B / determinant, C / determinant];
  return [
    [p, q, r],
    [q, (a! * f! - c! * c!) / determinant, D],
    [r, D, (a! * d! - b! * b!) / determinant],
  ];
}
