import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError } from '#contract';

/** An image of a person; `path` is relative to the folder of all people. */
export interface LabelledImage {
  readonly person: string;
  readonly path: string;
}

/** Two images by their paths, and whether they show the same person. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
}

/**
 * Every JPEG and PNG in a folder that holds one folder per person, in order of path.
 * @throws LintelError `usage` when there is none
 */
export async function listImages(dir: string): Promise<LabelledImage[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    throw new LintelError('usage', `The folder ${dir} cannot be read.`, { cause: error });
  });
  const people = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const images: LabelledImage[] = [];
  for (const person of people.toSorted()) {
    const names = (await readdir(join(dir, person))).filter((name) => /\.(jpe?g|png)$/i.test(name));
    images.push(...names.toSorted().map((name) => ({ person, path: `${person}/${name}` })));
  }
  if (images.length === 0) throw new LintelError('usage', `${dir} holds no folder with JPEG or PNG images.`);
  return images;
}

/**
 * Read pairs from a CSV file with the header `a,b,same`: two paths without commas, then 1 or 0.
 * @throws LintelError `usage` naming the first line that is not one, or whose image is not among those given
 */
export async function readPairs(file: string, images: readonly LabelledImage[]): Promise<Pair[]> {
  const known = new Set(images.map(({ path }) => path));
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new LintelError('usage', `The file ${file} cannot be read.`, { cause: error });
  });
  const [header, ...lines] = text.trimEnd().split(/\r?\n/);
  if (header !== 'a,b,same') throw new LintelError('usage', `${file} has no header a,b,same.`);
  return lines.map((line, i) => {
    const [a, b, same, ...rest] = line.split(',');
    if (!a || !b || (same !== '0' && same !== '1') || rest.length > 0) {
      throw new LintelError('usage', `Line ${i + 2} of ${file} is not a pair.`);
    }
    const missing = [a, b].find((path) => !known.has(path));
    if (missing !== undefined) {
      throw new LintelError('usage', `Line ${i + 2} of ${file} names ${missing}, which does not exist.`);
    }
    return { a, b, same: same === '1' };
  });
}
