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
  /** What the templates take of the memory, in bytes. */
  readonly bytes: number;
  has(label: number): boolean;
  /** @throws RangeError for a label that is present, and unless the template has the index's dimension and unit length */
  add(label: number, template: Float32Array): void;
  /** Overwrites the template in memory. @returns whether the label was present */
  remove(label: number): boolean;
  /**
   * The `count` most similar, best first; fewer when the index is smaller. Others may run meanwhile, but nothing may be
   * added or removed before it is done.
   * @throws RangeError as `add`
   */
  search(template: Float32Array, count: number): Promise<Neighbour[]>;
}
