import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { installPeers, PEER_PACKAGES } from '../peer-packages.ts';

/** Another library that compares with every template. */
export interface SearchPeer {
  readonly name: string;
  add(label: number, template: Float32Array): void;
  /** The label of the template most like the probe. */
  best(probe: Float32Array): number;
  close(): void;
}

interface UsearchPackage {
  readonly MetricKind: { readonly Cos: string };
  readonly exactSearch: (
    dataset: Float32Array | Int8Array,
    query: Float32Array | Int8Array,
    dimension: number,
    count: number,
    metric: string,
    threads: number,
  ) => { readonly keys: BigUint64Array };
}

/** @param dir folder of the peers' packages @param size how many templates are going to be added */
export async function openSearchPeers(dir: string, dimension: number, size: number): Promise<SearchPeer[]> {
  await installPeers(dir);
  const require = createRequire(join(dir, 'package.json'));
  return [
    openUsearch(require('usearch') as UsearchPackage, 'f32', dimension, size),
    openUsearch(require('usearch') as UsearchPackage, 'i8', dimension, size),
    openSqliteVec((require('sqlite-vec') as { getLoadablePath(): string }).getLoadablePath(), dimension),
  ];
}

/** On one thread. 8-bit numbers are compared as they are, without a look at the exact ones. */
function openUsearch(
  { exactSearch, MetricKind }: UsearchPackage,
  kind: 'f32' | 'i8',
  dimension: number,
  size: number,
): SearchPeer {
  const dataset = kind === 'f32' ? new Float32Array(size * dimension) : new Int8Array(size * dimension);
  const converted = (template: Float32Array): Float32Array | Int8Array => {
    if (kind === 'f32') return template.slice();
    let largest = 0;
    for (const value of template) largest = Math.max(largest, Math.abs(value));
    return Int8Array.from(template, (value) => Math.round((value * 127) / largest));
  };
  return {
    name: `usearch ${PEER_PACKAGES.usearch}, ${kind}`,
    add: (label, template) => dataset.set(converted(template), label * dimension),
    best: (probe) => Number(exactSearch(dataset, converted(probe), dimension, 1, MetricKind.Cos, 1).keys[0]),
    close: () => undefined,
  };
}

/** In memory, in the SQLite that Node brings. */
function openSqliteVec(extension: string, dimension: number): SearchPeer {
  const database = new DatabaseSync(':memory:', { allowExtension: true });
  database.loadExtension(extension);
  database.exec(
    `CREATE VIRTUAL TABLE vectors USING vec0(v float[${dimension}] distance_metric=cosine); BEGIN`,
  );
  const insert = database.prepare('INSERT INTO vectors (rowid, v) VALUES (?, ?)');
  const search = database.prepare('SELECT rowid FROM vectors WHERE v MATCH ? AND k = 1');
  return {
    name: `sqlite-vec ${PEER_PACKAGES['sqlite-vec']}`,
    add: (label, template) => {
      // 0 is no rowid of theirs.
      insert.run(BigInt(label + 1), new Uint8Array(template.slice().buffer));
    },
    best: (probe) => Number(search.get(new Uint8Array(probe.slice().buffer))?.['rowid']) - 1,
    close: () => database.close(),
  };
}
