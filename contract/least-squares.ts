/** Fits unknowns to linear equations, so that the sum of the squared errors is least. */
export class LeastSquares {
  /** Normal equations; the last column is the right-hand side. */
  readonly #rows: Float64Array[];

  /** @param unknowns how many */
  constructor(unknowns: number) {
    this.#rows = Array.from({ length: unknowns }, () => new Float64Array(unknowns + 1));
  }

  /** One equation: `coefficients` times the unknowns are `value`. */
  add(coefficients: readonly number[], value: number): void {
    const size = this.#rows.length;
    for (let r = 0; r < size; r++) {
      const row = this.#rows[r]!;
      const factor = coefficients[r]!;
      for (let c = 0; c < size; c++) row[c]! += factor * coefficients[c]!;
      row[size]! += factor * value;
    }
  }

  /** Solve by Gaussian elimination with partial pivoting. The unknowns are not finite when the equations do not determine them. */
  solve(): number[] {
    const rows = this.#rows.map((row) => row.slice());
    const size = rows.length;
    for (let column = 0; column < size; column++) {
      let pivot = column;
      for (let r = column + 1; r < size; r++) {
        if (Math.abs(rows[r]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = r;
      }
      [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
      const top = rows[column]!;
      for (const [r, row] of rows.entries()) {
        if (r === column) continue;
        const factor = row[column]! / top[column]!;
        for (let c = column; c <= size; c++) row[c]! -= factor * top[c]!;
      }
    }
    return rows.map((row, r) => row[size]! / row[r]!);
  }
}
