import { readFile } from 'node:fs/promises';
import { LintelError, withoutMark } from '#contract';

/** The group of a picture, by the person it shows and its path; undefined: it has none. */
export type GroupOf = (picture: { readonly person: string; readonly path: string }) => string | undefined;

/**
 * Read a file of groups: the header `person,group` or `image,group`, then one line for each person, or for each image by
 * its path, without commas inside.
 * @throws LintelError `usage` naming the first line that is not one
 */
export async function readGroups(file: string): Promise<GroupOf> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new LintelError('usage', `The file ${file} cannot be read.`, { cause: error });
  });
  const [header, ...lines] = withoutMark(text).trimEnd().split(/\r?\n/);
  const key = header === 'person,group' ? 'person' : header === 'image,group' ? 'path' : null;
  if (key === null) throw new LintelError('usage', `${file} has no header person,group or image,group.`);
  const groups = new Map(
    lines.map((line, i): [string, string] => {
      const [name, group, ...rest] = line.split(',');
      if (name && group && rest.length === 0) return [name, group];
      throw new LintelError(
        'usage',
        `Line ${i + 2} of ${file} is not ${key === 'person' ? 'a person' : 'an image'} and a group.`,
      );
    }),
  );
  return (picture) => groups.get(picture[key]);
}
