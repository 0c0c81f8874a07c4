import hnswlib from 'hnswlib-node';
import { ExactIndex, HnswIndex } from '#core/matching';
import { randomTemplate, seeded } from '../../../core/matching/testing/random-templates.ts';
import { toArray } from '../../../core/matching/template.ts';
import { assemble } from '../../setup/kernel.ts';
import { quantile } from '../quantile.ts';
import { table } from '../table.ts';
import { barChart } from './bars.ts';
import { openSearchPeers } from './search-peers.ts';
import type { Section } from './section.ts';

/** As the default network's templates. */
const DIMENSION = 512;
const PEOPLE = 2000;
/** The graph takes milliseconds to add a template to: minutes beyond this. */
const GRAPH_SIZES = 10_000;
/** Further libraries are shown up to here, and every so many probes: some take seconds beyond this. */
const PEER_SIZES = 100_000;
const PEER_STEP = 25;
const REMOVED = 100;

/**
 * Reads memory in four streams, 16 bytes of each at a time, and does next to nothing with it: no scan of as many bytes is
 * faster.
 */
const READ = `(module
  (memory (export "memory") 1024)
  (func (export "read") (param $at i32) (param $end i32) (result i32)
    (local $b i32) (local $c i32) (local $d i32) (local $share i32)
    (local $w v128) (local $x v128) (local $y v128) (local $z v128)
    (local.set $share (i32.and (i32.shr_u (i32.sub (local.get $end) (local.get $at)) (i32.const 2)) (i32.const -16)))
    (local.set $end (i32.add (local.get $at) (local.get $share)))
    (local.set $b (local.get $end))
    (local.set $c (i32.add (local.get $b) (local.get $share)))
    (local.set $d (i32.add (local.get $c) (local.get $share)))
    (loop $more
      (local.set $w (v128.xor (local.get $w) (v128.load (local.get $at))))
      (local.set $x (v128.xor (local.get $x) (v128.load (local.get $b))))
      (local.set $y (v128.xor (local.get $y) (v128.load (local.get $c))))
      (local.set $z (v128.xor (local.get $z) (v128.load (local.get $d))))
      (local.set $b (i32.add (local.get $b) (i32.const 16)))
      (local.set $c (i32.add (local.get $c) (i32.const 16)))
      (local.set $d (i32.add (local.get $d) (i32.const 16)))
      (br_if $more (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
    (i32x4.extract_lane 0 (v128.xor (v128.xor (local.get $w) (local.get $x)) (v128.xor (local.get $y) (local.get $z))))))`;

interface Measured {
  readonly size: number;
  readonly fillSeconds: number;
  readonly ours: readonly number[];
  readonly four: readonly number[];
  readonly brute: readonly number[];
  readonly graph: readonly number[] | null;
  readonly peers: readonly {
    readonly name: string;
    readonly times: readonly number[];
    readonly recall: number;
  }[];
  readonly read: readonly number[];
  readonly recall: number;
  readonly removedFound: number;
}

/** Search among made-up templates: the exact index beside hnswlib and beside reading its memory, probe by probe in turns. */
export async function measureSearch(
  peersDir: string,
  sizes: readonly number[],
  probes: number,
): Promise<Omit<Section, 'measured'>> {
  const all: Measured[] = [];
  for (const size of sizes) all.push(await measure(peersDir, size, probes));
  return {
    title: 'Search',
    markdown: [
      `Made-up templates of ${DIMENSION} numbers, ${probes} probes, each through all in turn; milliseconds. _Memory_ reads`,
      `as many bytes as there are numbers, once: the limit. _Four_ are four probes at once. Recall is judged by hnswlib's brute`,
      `force. Afterwards ${REMOVED} templates were removed and searched for at once.`,
      '',
      table(
        [
          'templates',
          'p50',
          'p99',
          'of brute force',
          'times memory',
          'recall',
          'removed, found',
          'filled in s',
        ],
        all.map(({ size, ours, brute, read, recall, removedFound, fillSeconds }) => [
          size,
          p50(ours),
          quantile(ours, 0.99),
          p50(ours) / p50(brute),
          p50(ours) / p50(read),
          recall,
          removedFound,
          fillSeconds,
        ]),
      ),
      '',
      table(
        ['templates', 'exact', 'four', 'hnswlib brute force', 'HNSW graph', 'memory'],
        all.map(({ size, ours, four, brute, graph, read }) => [
          size,
          p50(ours),
          p50(four),
          p50(brute),
          graph === null ? 'not built' : p50(graph),
          p50(read),
        ]),
      ),
      '',
      `Further libraries on one thread, up to ${PEER_SIZES.toLocaleString('en')} templates and with every ${PEER_STEP}th probe; usearch's _i8_ are rounded`,
      'numbers alone. pgvector is not among them: it needs a PostgreSQL server.',
      '',
      table(
        ['templates', 'library', 'p50', 'times ours', 'recall'],
        all.flatMap(({ size, ours, peers }) =>
          peers.map(({ name, times, recall }) => [size, name, p50(times), p50(times) / p50(ours), recall]),
        ),
      ),
    ].join('\n'),
    charts: all.map(({ size, ours, brute, read, peers }) => ({
      name: `search-${size}`,
      title: `One search among ${size.toLocaleString('en')}`,
      svg: barChart(`One search among ${size.toLocaleString('en')} templates`, 'ms', [
        { name: 'Lintel, exact', value: p50(ours), isOurs: true },
        { name: 'hnswlib, brute force', value: p50(brute), isOurs: false },
        { name: 'reading the memory', value: p50(read), isOurs: false },
        ...peers.map(({ name, times }) => ({ name, value: p50(times), isOurs: false })),
      ]),
    })),
  };
}

const p50 = (times: readonly number[]): number => quantile(times, 0.5);

async function measure(peersDir: string, size: number, probes: number): Promise<Measured> {
  process.stderr.write(`search: ${size} templates\n`);
  const random = seeded(size);
  const people = Array.from({ length: PEOPLE }, () => randomTemplate(DIMENSION, random));
  // Drawing half a thousand normal numbers takes longer than all the rest: templates are mixtures of these.
  const likeness = (i: number): Float32Array => mixture(people, i, random);
  const ours = new ExactIndex(DIMENSION);
  const brute = new hnswlib.BruteforceSearch('ip', DIMENSION);
  brute.initIndex(size);
  const graph = size <= GRAPH_SIZES ? new HnswIndex(DIMENSION, size) : null;
  const peers = size <= PEER_SIZES ? await openSearchPeers(peersDir, DIMENSION, size) : [];
  const peerTimes = peers.map((): number[] => []);
  const peerHits = peers.map(() => 0);
  let fill = 0;
  for (let label = 0; label < size; label++) {
    const template = likeness(label);
    const start = performance.now();
    ours.add(label, template);
    fill += performance.now() - start;
    brute.addPoint(toArray(template), label);
    graph?.add(label, template);
    for (const peer of peers) peer.add(label, template);
  }
  const { read, bytes } = await memoryReader(size * DIMENSION);
  const times = { ours: [], four: [], brute: [], graph: [], read: [] } as Record<string, number[]>;
  const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    times[name]!.push(performance.now() - start);
    return result;
  };
  let hits = 0;
  for (let i = 0; i < probes; i++) {
    const probe = likeness(i);
    const [best] = await timed('ours', () => ours.search(probe, 1));
    const plain = toArray(probe);
    const truth = await timed('brute', () => brute.searchKnn(plain, 1));
    if (best?.label === truth.neighbors[0]) hits++;
    if (graph !== null) await timed('graph', () => graph.search(probe, 1));
    await timed('read', () => read(bytes));
    if (i % PEER_STEP === 0) {
      for (const [n, peer] of peers.entries()) {
        const start = performance.now();
        const found = peer.best(probe);
        peerTimes[n]!.push(performance.now() - start);
        if (found === truth.neighbors[0]) peerHits[n]!++;
      }
    }
    if (i % 10 === 0) {
      const four = Array.from({ length: 4 }, (_, n) => likeness(i + n));
      await timed('four', () => Promise.all(four.map((each) => ours.search(each, 1))));
    }
  }
  for (const peer of peers) peer.close();
  let removedFound = 0;
  for (let i = 0; i < REMOVED; i++) {
    const label = Math.floor((i * size) / REMOVED);
    ours.remove(label);
    const [best] = await ours.search(likeness(label), 1);
    if (best?.label === label) removedFound++;
  }
  return {
    size,
    fillSeconds: fill / 1000,
    ours: times['ours']!,
    four: times['four']!,
    brute: times['brute']!,
    graph: graph === null ? null : times['graph']!,
    read: times['read']!,
    peers: peers.map(({ name }, n) => ({
      name,
      times: peerTimes[n]!,
      recall: peerHits[n]! / peerTimes[n]!.length,
    })),
    recall: hits / probes,
    removedFound,
  };
}

/** Near person i, with a share of another, at unit length; some 0.8 like others of the same person. */
function mixture(people: readonly Float32Array[], i: number, random: () => number): Float32Array {
  const own = people[i % people.length]!;
  const other = people[Math.floor(random() * people.length)]!;
  const third = people[Math.floor(random() * people.length)]!;
  const mixed = own.map((value, d) => value + 0.4 * (other[d]! + third[(d + i) % DIMENSION]!));
  let length = 0;
  for (const value of mixed) length += value * value;
  length = Math.sqrt(length);
  return mixed.map((value) => value / length);
}

/** Reads 64 MB over and over until that many bytes were read. */
async function memoryReader(bytes: number): Promise<{ read: (bytes: number) => void; bytes: number }> {
  const module = new WebAssembly.Module(await assemble(READ));
  const { exports } = new WebAssembly.Instance(module, {});
  const { memory, read } = exports as unknown as {
    memory: { buffer: ArrayBuffer };
    read: (at: number, end: number) => number;
  };
  new Uint8Array(memory.buffer).fill(1);
  const { byteLength } = memory.buffer;
  return {
    bytes,
    read: (wanted) => {
      for (let rest = wanted; rest > 0; rest -= byteLength) read(0, Math.min(rest, byteLength) & ~63);
    },
  };
}
