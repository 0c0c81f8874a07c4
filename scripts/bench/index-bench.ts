import { Command } from 'commander';
import { ExactIndex, HnswIndex, type TemplateIndex } from '#core/matching';
import { randomTemplate, seeded } from '../../core/matching/random-templates.ts';
import { median } from '../eval/metrics.ts';
import { table, timed } from './table.ts';

/** As the default network's templates. */
const DIMENSION = 512;
const PROBES = 100;
const REFERENCES_PER_PERSON = 5;

/** The `index` command: how long one search takes, and how often it finds the most similar template. */
export function indexCommand(): Command {
  return new Command('index')
    .description('Search among made-up templates: plain JavaScript, exact index, HNSW.')
    .option('--templates <counts>', 'index sizes, separated by commas', numbers, [1000, 10_000, 100_000])
    .action(async ({ templates }: { templates: number[] }) => {
      const rows = [];
      for (const size of templates) rows.push(...(await rowsOf(size)));
      console.log(table(['templates', 'index', 'p50 ms', 'of plain', 'recall', 'build s'], rows));
    });
}

const numbers = (text: string): number[] => text.split(',').map(Number);

async function rowsOf(size: number): Promise<(string | number)[][]> {
  console.error(`index: ${size} templates`);
  const random = seeded(size);
  const people = Array.from({ length: Math.ceil(size / REFERENCES_PER_PERSON) }, () =>
    randomTemplate(DIMENSION, random),
  );
  const person = (i: number): Float32Array => randomTemplate(DIMENSION, random, people[i % people.length]);
  const probes = Array.from({ length: PROBES }, (_, i) => person(i));
  const indexes: [string, TemplateIndex | PlainScan][] = [
    ['plain JavaScript', new PlainScan(size)],
    ['exact', new ExactIndex(DIMENSION)],
    ['HNSW', new HnswIndex(DIMENSION, size)],
  ];
  const buildTimes = indexes.map(() => 0);
  for (let label = 0; label < size; label++) {
    const template = person(label);
    indexes.forEach(([, index], i) => (buildTimes[i]! += timed(() => index.add(label, template))));
  }
  // One probe after the other through each index, so that all meet the same load of the machine.
  const results: { label: number | undefined; milliseconds: number }[][] = [];
  for (const probe of probes) {
    const row = [];
    for (const [, index] of indexes) {
      const start = performance.now();
      const [best] = await index.search(probe, 1);
      row.push({ label: best?.label, milliseconds: performance.now() - start });
    }
    results.push(row);
  }
  const medians = indexes.map((_, i) => median(results.map((result) => result[i]!.milliseconds)));
  return indexes.map(([name], i) => [
    size,
    name,
    medians[i]!,
    medians[i]! / medians[0]!,
    results.filter((result) => result[i]!.label === result[0]!.label).length / PROBES,
    buildTimes[i]! / 1000,
  ]);
}

/** What an index is measured against: the plainest fast scan, four sums at a time. Labels count from 0. */
class PlainScan {
  readonly #values: Float32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#values = new Float32Array(capacity * DIMENSION);
  }

  add(label: number, template: Float32Array): void {
    this.#values.set(template, label * DIMENSION);
    this.#size++;
  }

  search(probe: Float32Array, _count: 1): { label: number }[] {
    const values = this.#values;
    let [best, label] = [-2, -1];
    for (let row = 0; row < this.#size; row++) {
      const start = row * DIMENSION;
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let i = 0; i < DIMENSION; i += 4) {
        a += probe[i]! * values[start + i]!;
        b += probe[i + 1]! * values[start + i + 1]!;
        c += probe[i + 2]! * values[start + i + 2]!;
        d += probe[i + 3]! * values[start + i + 3]!;
      }
      const similarity = a + b + c + d;
      if (similarity > best) [best, label] = [similarity, row];
    }
    return [{ label }];
  }
}
