import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ModelFile } from '#contract';

const FaceApi = z.strictObject({
  package: z.string(),
  version: z.string(),
  licence: z.string(),
  files: z.array(ModelFile.pick({ name: true, path: true, sha256: true })),
});

/** face-api for browsers and the networks that a descriptor takes, for a test. Set-up puts them at {@link FACE_API}. */
export const faceApi = FaceApi.parse(
  JSON.parse(await readFile(new URL('./face-api.json', import.meta.url), 'utf8')),
);

export const FACE_API = fileURLToPath(new URL('../../.cache/face-api/', import.meta.url));
