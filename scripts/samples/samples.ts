import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { BoundingBox, ModelFile } from '#contract';

const Samples = z.strictObject({
  package: z.string(),
  version: z.string(),
  licence: z.string(),
  files: z.array(ModelFile.pick({ name: true, path: true, sha256: true })),
  /** Invented first names; the same name on two files is the same person. */
  faces: z.array(z.strictObject({ person: z.string(), file: z.string(), box: BoundingBox })),
});

/** Photographs that an npm package ships, for the tests and the demo. Set-up puts them at {@link SAMPLE_PHOTOS}. */
export const samples = Samples.parse(
  JSON.parse(await readFile(new URL('./samples.json', import.meta.url), 'utf8')),
);

export const SAMPLE_PHOTOS = fileURLToPath(new URL('../../.cache/samples/', import.meta.url));

export type SampleFace = z.infer<typeof Samples>['faces'][number];

/** The `number`-th photograph of a person, counted from 0. @throws Error when there is none */
export function sampleFace(person: string, number = 0): SampleFace {
  const face = samples.faces.filter((sample) => sample.person === person)[number];
  if (face === undefined) throw new Error(`There is no sample photograph ${number} of ${person}.`);
  return face;
}
