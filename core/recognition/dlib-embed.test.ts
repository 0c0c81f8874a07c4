import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TEMPLATE_DIMENSION } from '#contract';
import { ATTENTION_MESH, findLandmarksMesh } from './attention-mesh.ts';
import { BLAZEFACE, detectFacesBlaze } from './blazeface.ts';
import { decodeImage } from './decode.ts';
import { byDominance } from './detect.ts';
import { alignFaceDlib, DLIB_EMBEDDER, embedFaceDlib } from './dlib-embed.ts';
import { Network } from './network.ts';
import { Raster } from './raster.ts';
import { portrait, WEIGHTS_DIR, type Portrait } from './test-images.ts';
import type { Template } from './types.ts';

let networks: [Network, Network, Network];
const load = async ({ file, shape }: { file: string; shape: readonly number[] }): Promise<Network> =>
  await Network.load(join(WEIGHTS_DIR, file), shape);

beforeAll(async () => {
  networks = [await load(BLAZEFACE), await load(ATTENTION_MESH), await load(DLIB_EMBEDDER)];
});

async function templateOf(part: Portrait): Promise<Template> {
  const [detector, landmarker, embedder] = networks;
  const image = new Raster(await decodeImage(await portrait(...part)));
  const [face] = byDominance(await detectFacesBlaze(detector, image), image.width, image.height);
  if (!face) throw new Error('There should be a face.');
  const aligned = alignFaceDlib(image, await findLandmarksMesh(landmarker, image, face));
  return (await embedFaceDlib(embedder, aligned)).template;
}

const similarity = (a: Template, b: Template): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

describe('the networks of clear licence together', () => {
  it('yield templates that are alike for one person and not for two', async () => {
    const [first, second, other] = [
      await templateOf([3, 900, 50, 560, 700]),
      await templateOf([1, 1290, 60, 560, 560]),
      await templateOf([3, 420, 150, 500, 600]),
    ];
    expect(first).toHaveLength(TEMPLATE_DIMENSION);
    expect(similarity(first, first)).toBeCloseTo(1, 5);
    expect(similarity(first, second)).toBeGreaterThan(0.93);
    expect(similarity(first, other)).toBeLessThan(0.9);
  });
});
