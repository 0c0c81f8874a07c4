import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { LintelError } from '#contract';
import { createRecognizer } from '#core/recognition';
import { listImages, readPairs } from '../eval/images.ts';
import { median, Rates, Scores } from '../eval/metrics.ts';
import { progress } from '../eval/progress.ts';
import { installPeers, PEER_PACKAGES } from './peer-packages.ts';
import { PeerName, PeerReply } from './peer-process.ts';

/** Images each system sees before its clock starts. */
const WARM_UP = 3;
const FAR = 1e-2;

interface Options {
  readonly images: string;
  readonly pairs: string;
  readonly limit: number;
}

export interface Result {
  readonly embedding: readonly number[] | null;
  readonly milliseconds: number;
  /** Of those, what the steps of the analysis took; of Lintel only. */
  readonly inStages?: number;
}

export interface System {
  readonly name: string;
  analyse(path: string): Promise<Result>;
  close(): Promise<void>;
}

/**
 * The `peers` command.
 * @param weightsDir folder of the networks
 * @param peersDir where the peers are installed when first needed
 */
export function peersCommand(weightsDir: string, peersDir: string): Command {
  return new Command('peers')
    .description('Compare accuracy and speed with other libraries on the same images.')
    .requiredOption('--images <dir>', 'folder with one folder of images per person')
    .requiredOption('--pairs <csv>', 'the images named in these pairs are taken: header a,b,same')
    .option('--limit <pairs>', 'how many pairs, from the first', positiveInteger, 500)
    .action(async (options: Options) => {
      await installPeers(peersDir);
      process.stdout.write(await comparePeers(options, weightsDir, peersDir));
    });
}

/** Every system sees every image in turn, so that a busy machine slows all alike. @returns a Markdown table */
async function comparePeers(
  { images, pairs, limit }: Options,
  weightsDir: string,
  peersDir: string,
): Promise<string> {
  const named = (await readPairs(pairs, await listImages(images))).slice(0, limit);
  const paths = [...new Set(named.flatMap(({ a, b }) => [a, b]))];
  const systems: System[] = [];
  const results: Result[][] = [];
  try {
    systems.push(await startOurs(weightsDir));
    for (const name of PeerName.options) systems.push(await startPeer(name, peersDir));
    for (const path of paths.slice(0, WARM_UP)) for (const s of systems) await s.analyse(join(images, path));
    const report = progress('Comparing');
    for (const [i, path] of paths.entries()) {
      for (const [s, system] of systems.entries()) {
        (results[s] ??= []).push(await system.analyse(join(images, path)));
      }
      report((i + 1) / paths.length);
    }
  } finally {
    await Promise.all(systems.map((system) => system.close()));
  }
  const ours = median(results[0]!.map(({ milliseconds }) => milliseconds));
  const rows = systems.map(({ name }, s) => {
    const all = results[s]!;
    const time = median(all.map(({ milliseconds }) => milliseconds));
    const tar = Math.max(...MEASURES.map((measure) => trueAcceptRate(paths, all, measure)));
    const missed = all.filter(({ embedding }) => embedding === null).length;
    return `| ${name} | ${(tar * 100).toFixed(2)} % | ${missed} | ${time.toFixed(1)} | ${(time / ours).toFixed(1)} |`;
  });
  return [
    `${paths.length} images of the first ${limit} pairs, each compared with each other one.`,
    '',
    `| System | TAR at FAR ${FAR} | Faces missed | Milliseconds per image | Times ours |`,
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** Over all pairs of the images. An image without a face matches nothing. */
function trueAcceptRate(paths: readonly string[], results: readonly Result[], similarity: Measure): number {
  const [genuine, impostor] = [new Scores(), new Scores()];
  const people = paths.map((path) => path.split('/')[0]);
  for (const [i, { embedding: a }] of results.entries()) {
    for (let j = i + 1; j < results.length; j++) {
      const b = results[j]!.embedding;
      (people[i] === people[j] ? genuine : impostor).add(a && b ? similarity(a, b) : -1);
    }
  }
  const rates = new Rates(genuine, impostor);
  if (genuine.total === 0 || !rates.supports(FAR)) {
    throw new LintelError('usage', 'There are too few pairs for a comparison.');
  }
  return rates.at(FAR).tar;
}

/** One worker, since the peers compute on one thread. */
export async function startOurs(weightsDir: string): Promise<System> {
  const recognizer = await createRecognizer({ weightsDir, workers: 1 });
  return {
    name: 'Lintel',
    async analyse(path) {
      const bytes = await readFile(path);
      const start = performance.now();
      const { face, milliseconds } = await recognizer.analyse(bytes);
      return {
        embedding: face && [...face.template],
        milliseconds: performance.now() - start,
        inStages: Object.values(milliseconds).reduce((sum, each) => sum + each, 0),
      };
    },
    close: () => recognizer.close(),
  };
}

export async function startPeer(name: PeerName, peersDir: string): Promise<System> {
  const file = fileURLToPath(new URL('peer-process.ts', import.meta.url));
  const child = fork(file, [name, peersDir], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const stopped = once(child, 'exit');
  await reply(child, stopped);
  const id = `@vladmandic/${name}` as const;
  return {
    name: `${id} ${PEER_PACKAGES[id]}`,
    async analyse(path) {
      const answer = reply(child, stopped);
      child.send(path);
      return PeerReply.parse(await answer);
    },
    async close() {
      child.kill();
      await stopped;
    },
  };
}

/** The child's next message. @throws LintelError `internal` when it ends instead */
async function reply(child: ChildProcess, stopped: Promise<unknown>): Promise<unknown> {
  const ended = stopped.then(() => {
    throw new LintelError('internal', 'A peer has stopped.');
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
  return message;
}

/** A similarity of two embeddings, at most 1. */
type Measure = (a: readonly number[], b: readonly number[]) => number;

/**
 * Each system is judged by the measure that suits it better: the cosine, or 1 / (1 + Euclidean distance), which
 * orders as the distance does that both peers document.
 */
const MEASURES: readonly Measure[] = [
  (a, b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)),
  (a, b) => 1 / (1 + Math.sqrt(Math.max(0, dot(a, a) + dot(b, b) - 2 * dot(a, b)))),
];

function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a positive integer.');
  return value;
}
