/** One neighbour: the label it was added under and its cosine similarity, -1..1. */
export interface Neighbour {
  readonly label: number;
  readonly similarity: number;
}

/**
 * Nearest templates by cosine similarity, in memory only: an index never reaches the disk and is rebuilt from the
 * store. Labels are non-negative integers chosen by the caller, unique while present.
 */
export interface TemplateIndex {
  readonly size: number;
  /** @param template unit length, `dimension` numbers; anything else throws a RangeError */
  add(label: number, template: Float32Array): void;
  /** @returns whether the label was present; afterwards its template is gone from memory that search reads */
  remove(label: number): boolean;
  /** The `count` most similar, best first; fewer when the index is smaller. */
  search(template: Float32Array, count: number): Neighbour[];
}
