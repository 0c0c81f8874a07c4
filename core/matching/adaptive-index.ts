import { setTimeout as sleep } from 'node:timers/promises';
import { ExactIndex } from './exact-index.ts';
import { HnswIndex } from './hnsw-index.ts';
import type { Neighbour, TemplateIndex } from './template-index.ts';

/** Reads templates again from where the index was filled from; labels that are gone there are left out. */
export type TemplateSource = (labels: readonly number[]) => Promise<ReadonlyMap<number, Float32Array>>;

/**
 * From how many templates on a graph is worth its memory and the minutes it takes to build: there exact search takes
 * some 35 ms on a thread of its own, a graph 1 to 2 ms on the caller's.
 */
const GRAPH_THRESHOLD = 500_000;

/** Share of removed templates, 0..1, at which the graph is rebuilt: removed templates slow every search down. */
const WORN = 0.1;

/** Templates read at once, and the time in which the graph may hold up everything else. */
const BATCH = 16;
const SLICE_MILLISECONDS = 4;

/**
 * Exact search, and for large collections a graph beside it that follows in the background. The graph answers only
 * while it holds the same templates; until then, and whenever it has to catch up, exact search does.
 */
export class AdaptiveIndex implements TemplateIndex {
  readonly #dimension: number;
  readonly #source: TemplateSource;
  readonly #threshold: number;
  readonly #exact: ExactIndex;
  #graph: HnswIndex | null = null;
  /** Labels that may be in only one of the two. */
  readonly #pending = new Set<number>();
  #isFollowing = false;

  constructor(dimension: number, source: TemplateSource, threshold: number = GRAPH_THRESHOLD) {
    this.#dimension = dimension;
    this.#source = source;
    this.#threshold = threshold;
    this.#exact = new ExactIndex(dimension);
  }

  get size(): number {
    return this.#exact.size;
  }

  /** Bytes that both take. */
  get bytes(): number {
    return this.#exact.bytes + (this.#graph?.bytes ?? 0);
  }

  /** Which of the two answers now. */
  get answering(): 'exact' | 'graph' {
    return this.#graph !== null && this.#pending.size === 0 ? 'graph' : 'exact';
  }

  has(label: number): boolean {
    return this.#exact.has(label);
  }

  add(label: number, template: Float32Array): void {
    this.#exact.add(label, template);
    this.#changed(label);
  }

  remove(label: number): boolean {
    const removed = this.#exact.remove(label);
    if (removed) this.#changed(label);
    return removed;
  }

  /** As `ExactIndex.clear`. */
  clear(): void {
    this.#exact.clear();
    this.#graph = null;
    this.#pending.clear();
  }

  async search(template: Float32Array, count: number): Promise<Neighbour[]> {
    const index = this.answering === 'graph' ? this.#graph! : this.#exact;
    return await index.search(template, count);
  }

  #changed(label: number): void {
    this.#pending.add(label);
    this.#fit();
    if (this.#graph !== null && !this.#isFollowing) void this.#follow();
  }

  /** Begin a graph when it is worth it or the present one is full or worn, and give it up when it no longer is. */
  #fit(): void {
    const graph = this.#graph;
    const isSpent =
      graph !== null && (graph.used === graph.capacity || graph.used - graph.size > WORN * graph.used);
    if (isSpent || this.size < this.#threshold / 2) this.#graph = null;
    if (this.#graph === null && this.size >= this.#threshold) {
      this.#graph = new HnswIndex(this.#dimension, 2 * this.size);
      for (const label of this.#exact.labels()) this.#pending.add(label);
    }
    if (this.#graph === null) this.#pending.clear();
  }

  async #follow(): Promise<void> {
    this.#isFollowing = true;
    try {
      while (this.#pending.size > 0) {
        // Does not keep a process alive that has nothing else to do.
        await sleep(1, undefined, { ref: false });
        await this.#catchUp(performance.now() + SLICE_MILLISECONDS);
        this.#fit();
      }
    } catch {
      // The source failed, or is closed: without a graph the answers are the same, only slower.
      this.#graph = null;
      this.#pending.clear();
    }
    this.#isFollowing = false;
  }

  async #catchUp(deadline: number): Promise<void> {
    const labels = this.#pending.values().take(BATCH).toArray();
    const templates = await this.#source(labels.filter((label) => this.#exact.has(label)));
    for (const label of labels) {
      const graph = this.#graph;
      if (graph === null || graph.used === graph.capacity) return;
      const template = templates.get(label);
      if (!this.#exact.has(label)) graph.remove(label);
      else if (template !== undefined && !graph.has(label)) graph.add(label, template);
      this.#pending.delete(label);
      if (performance.now() > deadline) return;
    }
  }
}
