import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import type { Installation } from './appliance.ts';

/** Puts a photograph of a sample person beside the data folder of an installation. @returns its path */
export async function photoOf({ data }: Installation, person: string, number = 0): Promise<string> {
  const path = join(data, '..', `${person}-${number}.jpg`);
  await writeFile(path, await portrait(sampleFace(person, number)));
  return path;
}
