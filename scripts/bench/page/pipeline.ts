import { readFile } from 'node:fs/promises';
import { STAGES } from '#core/recognition';
import { comparePrepared } from '../../eval/prepared.ts';
import { installPeers } from '../peer-packages.ts';
import { PeerName } from '../peer-process.ts';
import { startOurs, startPeer, type Result } from '../peers.ts';
import { quantile } from '../quantile.ts';
import { table } from '../table.ts';
import { barChart } from './bars.ts';
import { cameraPhotos } from './photos.ts';
import type { Section } from './section.ts';

const ROUNDS = 8;

/** One photograph of 640 x 480 pixels, by stage, with the networks as published and as prepared. */
export async function measureStages(
  weightsDir: string,
  photosDir: string,
): Promise<Omit<Section, 'measured'>> {
  const photos = await cameraPhotos(photosDir);
  const images = Array.from({ length: ROUNDS }, () => photos.map((path) => () => readFile(path))).flat();
  const { published, prepared, leastCosine } = await comparePrepared(weightsDir, 'default', images);
  const total = (times: typeof published): number =>
    STAGES.reduce((sum, stage) => sum + (times[stage] ?? 0), 0);
  const rows = [
    ...STAGES.map((stage) => [stage, published[stage] ?? 0, prepared[stage] ?? 0] as const),
    ['all', total(published), total(prepared)] as const,
  ];
  return {
    title: 'One photograph, by stage',
    markdown: [
      `${images.length} times one of ${photos.length} photographs of 640 x 480 pixels on one thread, in turns; medians in`,
      `milliseconds. The least cosine of the templates of one image was ${leastCosine.toFixed(9)}.`,
      '',
      table(
        ['stage', 'networks as published', 'as prepared', 'times faster'],
        rows.map(([stage, a, b]) => [stage, a, b, a / b]),
      ),
    ].join('\n'),
    charts: [
      {
        name: 'stages',
        title: 'Embedding one face',
        svg: barChart('Embedding one face', 'ms', [
          { name: 'as published', value: published.embed ?? 0, isOurs: false },
          { name: 'as prepared', value: prepared.embed ?? 0, isOurs: true },
        ]),
      },
    ],
  };
}

/**
 * The whole pipeline beside other libraries: all photographs in a row through one, then through the next. A visitor at a
 * door shows several pictures in a row; and what comes first finds the caches of the processor full of another library.
 */
export async function measurePeers(
  weightsDir: string,
  peersDir: string,
  photosDir: string,
): Promise<Omit<Section, 'measured'>> {
  await installPeers(peersDir);
  const photos = await cameraPhotos(photosDir);
  const systems = [await startOurs(weightsDir)];
  const results: Result[][][] = [];
  try {
    for (const name of PeerName.options) systems.push(await startPeer(name, peersDir));
    // Programs that run all day have compiled what they run. So each does here before its time counts.
    for (let round = -ROUNDS; round < ROUNDS; round++) {
      for (const [s, system] of systems.entries()) {
        const block: Result[] = [];
        for (const path of photos) block.push(await system.analyse(path));
        if (round >= 0) (results[s] ??= []).push(block);
      }
    }
  } finally {
    await Promise.all(systems.map((system) => system.close()));
  }
  const rows = systems.map(({ name }, s) => {
    const times = results[s]!.flat().map(({ milliseconds }) => milliseconds);
    const first = results[s]!.map(([result]) => result!.milliseconds);
    return { name, p50: quantile(times, 0.5), p99: quantile(times, 0.99), first: quantile(first, 0.5) };
  });
  const [ours] = rows;
  const inStages = results[0]!.flat().map((result) => result.inStages ?? Number.NaN);
  const between = results[0]!.flat().map((result, i) => result.milliseconds - inStages[i]!);
  return {
    title: 'One photograph, beside other libraries',
    markdown: [
      'From the bytes of a JPEG of 640 x 480 pixels in memory to the embedding of its main face. Ours computes on one worker',
      'thread, to which the bytes and from which the answer travel; the others on the main thread of their process, with the',
      'WebAssembly of TensorFlow.js, which has one thread in Node. All decode by libvips on one further thread.',
      '',
      `Each library takes all ${photos.length} photographs in a row, then the next one does, ${ROUNDS} times to warm up and ${ROUNDS} times measured. _First_`,
      'is the first of the row, which finds the caches of the processor as another library left them; it counts in the',
      'other columns too.',
      '',
      table(
        ['', 'p50 ms', 'p99 ms', 'first', 'times ours', 'times ours, first'],
        rows.map(({ name, p50, p99, first }) => [
          name,
          p50,
          p99,
          first,
          p50 / ours!.p50,
          first / ours!.first,
        ]),
      ),
      '',
      `Of ours, ${quantile(inStages, 0.5).toFixed(1)} ms are the five stages above, and ${quantile(between, 0.5).toFixed(1)} ms are measuring the face (light, pose, signs of a`,
      'spoiled picture) and the way to the thread and back.',
    ].join('\n'),
    charts: [
      {
        name: 'peers',
        title: 'JPEG to embedding',
        svg: barChart(
          'JPEG to embedding, 640 x 480',
          'ms',
          rows.map(({ name, p50 }, s) => ({ name, value: p50, isOurs: s === 0 })),
        ),
      },
    ],
  };
}
