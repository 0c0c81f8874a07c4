import { similarity } from '#core/matching';
import type { Template } from '#core/recognition';

/** The similarity of each two templates, computed once: four bytes for each of n (n - 1) / 2 pairs. */
export class Similarities {
  readonly #count: number;
  readonly #values: Float32Array;

  /** @param onProgress called with the share done, 0..1 */
  constructor(templates: readonly Template[], onProgress: (share: number) => void) {
    const count = templates.length;
    this.#count = count;
    this.#values = new Float32Array((count * (count - 1)) / 2);
    let at = 0;
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) this.#values[at++] = similarity(templates[i]!, templates[j]!);
      onProgress(at / this.#values.length || 1);
    }
  }

  /** Of two different templates by their positions, in either order. */
  at(i: number, j: number): number {
    const [row, column] = i < j ? [i, j] : [j, i];
    return this.#values[row * this.#count - (row * (row + 3)) / 2 + column - 1]!;
  }
}
