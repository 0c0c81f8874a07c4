import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError, LIST_COLUMNS, toErrorBody, type Collection, type Face } from '#contract';
import { LOCAL_ACCOUNT, unwritable, type SqlStore } from '#core/store';
import type { Answer } from './commands.ts';
import { faceIdNamed } from './face-named.ts';
import { withStore, type InStore } from './store-access.ts';

/** People on a list: fewer than an import takes, so that their characters are, too. */
const LISTED = 1000;

const NOT_ENCRYPTED = 'These files are not encrypted: hand them over and remove them.';

interface Exporting extends InStore {
  readonly out: string;
  readonly collection?: string;
  readonly face?: string;
  readonly key?: string;
  readonly all?: true;
}

/**
 * Everything that is kept about one person, or about everybody, as files that anybody can read: JSON, JPEGs, and lists that an
 * import takes.
 * @throws LintelError `usage`, `file-exists`, `collection-not-found`, `face-not-found`
 */
export async function exportPeople(options: Exporting): Promise<Answer> {
  const { out, collection, face, key, all } = options;
  const isOfOne = face !== undefined || key !== undefined;
  if (all && collection === undefined && !isOfOne) {
    return await withStore(options, (store) => exportAll(store, out));
  }
  if (all || collection === undefined || !isOfOne) {
    throw new LintelError('usage', 'Name a person (--face or --key), or everybody by --all alone.');
  }
  return await withStore(options, async (store) => {
    const faceId = await faceIdNamed(options, (each) =>
      store.faceIdsByExternalKey(LOCAL_ACCOUNT, collection, each),
    );
    const { references } = await exportPerson(store, collection, faceId, out);
    return { json: { out, references }, text: `Written to ${out}. ${NOT_ENCRYPTED}` };
  });
}

async function exportAll(store: SqlStore, out: string): Promise<Answer> {
  await makeFolder(out);
  const collections = [];
  for (const [i, collection] of (await store.listCollections(LOCAL_ACCOUNT)).entries()) {
    const folder = `collection-${i + 1}`;
    await makeFolder(join(out, folder));
    collections.push({ folder, ...(await exportCollection(store, collection, join(out, folder))) });
  }
  const people = collections.reduce((sum, each) => sum + each.people, 0);
  await write(
    join(out, 'export.json'),
    jsonOf({ format: 'lintel-export-1', at: new Date().toISOString(), collections }),
  );
  return {
    json: { out, people, collections },
    text: `${people} people written to ${out}. ${NOT_ENCRYPTED}`,
  };
}

async function exportCollection(store: SqlStore, { collectionId, ...about }: Collection, dir: string) {
  const { faces } = await store.listFaces(LOCAL_ACCOUNT, collectionId);
  const lines: string[] = [];
  let people = 0;
  for (const { faceId } of faces) {
    const person = await exportPerson(store, collectionId, faceId, join(dir, faceId)).catch(unlessGone);
    if (person === null) continue;
    people += 1;
    const { externalKey, metadata } = person.face;
    const isNamed = externalKey !== null || metadata.name !== undefined;
    const pictures = person.pictures.map((name) => `${faceId}/${name}`);
    if (isNamed && pictures.length > 0) lines.push(lineOf(person.face, pictures));
  }
  const lists: string[] = [];
  for (let at = 0; at < lines.length; at += LISTED) {
    const list = `people-${lists.length + 1}.csv`;
    await write(join(dir, list), [LIST_COLUMNS.join(','), ...lines.slice(at, at + LISTED), ''].join('\r\n'));
    lists.push(list);
  }
  return { collectionId, ...about, people, listed: lines.length, lists };
}

/** Who was deleted since the list was read is left out. */
function unlessGone(error: unknown): null {
  if (toErrorBody(error).code === 'face-not-found') return null;
  throw error;
}

/** A line as an import reads it. Names stay as they are, also where a spreadsheet would take them for a formula. */
function lineOf({ externalKey, metadata: { name, access } }: Face, pictures: readonly string[]): string {
  const cells: Record<(typeof LIST_COLUMNS)[number], string> = {
    name: name ?? '',
    key: externalKey ?? '',
    groups: access?.groups.join('|') ?? '',
    'valid-from': access?.validFrom ?? '',
    'valid-until': access?.validUntil ?? '',
    pictures: pictures.join('|'),
  };
  return LIST_COLUMNS.map((column) => `"${cells[column].replaceAll('"', '""')}"`).join(',');
}

async function exportPerson(store: SqlStore, collectionId: string, faceId: string, out: string) {
  const data = await store.personalData(LOCAL_ACCOUNT, collectionId, faceId);
  const { face, document, email, signIns } = data;
  await makeFolder(out);
  const pictures: string[] = [];
  const references = [];
  for (const [i, { image, templates, ...reference }] of data.references.entries()) {
    const name = image === null ? null : `image-${i + 1}.jpg`;
    if (name !== null) {
      await write(join(out, name), image!);
      pictures.push(name);
    }
    const numbers = templates.map(({ modelId, template }) => ({ modelId, template: [...template] }));
    references.push({ ...reference, image: name, templates: numbers });
  }
  const descriptors = data.descriptors.map((numbers) => [...numbers]);
  const person = { collectionId, ...face, document, email, signIns, references, descriptors };
  await write(join(out, 'person.json'), jsonOf(person));
  return { face, pictures, references: references.length };
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Of the user alone. */
const makeFolder = (path: string): Promise<void> =>
  mkdir(path, { mode: 0o700 }).catch((error: unknown) => {
    throw unwritable(path, error);
  });

const write = (file: string, content: string | Uint8Array): Promise<void> =>
  writeFile(file, content, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    throw unwritable(file, error);
  });
