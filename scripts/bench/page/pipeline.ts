import { readFile } from 'node:fs/promises';
import { STAGES } from '#core/recognition';
import { comparePrepared } from '../../eval/prepared.ts';
import { installPeers } from '../peer-packages.ts';
import { PeerName } from '../peer-process.ts';
import { startOurs, startPeer } from '../peers.ts';
import { table } from '../table.ts';
import { barChart } from './bars.ts';
import { cameraPhotos } from './photos.ts';
import { quantile, type Section } from './section.ts';

const ROUNDS = 8;

/** One photograph of 640 x 480 pixels, by stage, with the networks as published and as prepared. */
export async function measureStages(
  weightsDir: string,
  photosDir: string,
): Promise<Omit<Section, 'measuredAt'>> {
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

/** The whole pipeline beside other libraries, each seeing every photograph in turn. */
export async function measurePeers(
  weightsDir: string,
  peersDir: string,
  photosDir: string,
): Promise<Omit<Section, 'measuredAt'>> {
  await installPeers(peersDir);
  const photos = await cameraPhotos(photosDir);
  const systems = [await startOurs(weightsDir)];
  const times: number[][] = [];
  try {
    for (const name of PeerName.options) systems.push(await startPeer(name, peersDir));
    for (const system of systems) for (const path of photos.slice(0, 3)) await system.analyse(path);
    for (let round = 0; round < ROUNDS; round++) {
      for (const path of photos) {
        for (const [s, system] of systems.entries()) {
          (times[s] ??= []).push((await system.analyse(path)).milliseconds);
        }
      }
    }
  } finally {
    await Promise.all(systems.map((system) => system.close()));
  }
  const medians = times.map((all) => quantile(all, 0.5));
  return {
    title: 'One photograph, beside other libraries',
    markdown: [
      'From the bytes of a JPEG of 640 x 480 pixels in memory to the embedding of its main face, in turns. Ours computes on one',
      'worker thread, to which the bytes and from which the answer travel; the others on the main thread of their process,',
      'with the WebAssembly of TensorFlow.js, which has one thread in Node. All decode by libvips on one further thread.',
      '',
      table(
        ['', 'p50 ms', 'p99 ms', 'times ours'],
        systems.map(({ name }, s) => [
          name,
          medians[s]!,
          quantile(times[s]!, 0.99),
          medians[s]! / medians[0]!,
        ]),
      ),
    ].join('\n'),
    charts: [
      {
        name: 'peers',
        title: 'JPEG to embedding',
        svg: barChart(
          'JPEG to embedding, 640 x 480',
          'ms',
          systems.map(({ name }, s) => ({ name, value: medians[s]!, isOurs: s === 0 })),
        ),
      },
    ],
  };
}
