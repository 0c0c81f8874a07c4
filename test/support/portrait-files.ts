import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { newInstallation, type Installation } from './appliance.ts';

/** An installation with portraits beside its data folder. */
export interface PortraitInstallation extends Installation {
  /** Two portraits of one person. */
  readonly robin: readonly [string, string];
  /** A portrait of another person. */
  readonly sasha: string;
  /** The path of a file beside the portraits. */
  file(name: string): string;
}

export async function newPortraitInstallation(): Promise<PortraitInstallation> {
  const installation = await newInstallation();
  const file = (name: string): string => join(installation.data, '..', name);
  const save = async (person: string, number: number): Promise<string> => {
    const path = file(`${person.toLowerCase()}-${number}.jpg`);
    await writeFile(path, await portrait(sampleFace(person, number)));
    return path;
  };
  const robin = [await save('Robin', 0), await save('Robin', 1)] as const;
  return { ...installation, robin, sasha: await save('Sasha', 0), file };
}
