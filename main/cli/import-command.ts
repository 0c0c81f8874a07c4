import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  LintelError,
  LIST_LIMITS,
  oneLine,
  toErrorBody,
  type BadRow,
  type ErrorCode,
  type ListedRow,
} from '#contract';
import { importPerson, readList, type Imported } from '#core/enrolment';
import { openSettings } from '../settings/index.ts';
import { withServing, type Answer, type InCollection } from './commands.ts';
import { listCompreFace, type CompreFaceAccess } from './compreface.ts';
import { consentOf } from './consent-way.ts';
import { rowsOf, type Listed } from './listed.ts';
import { listPeople, readPictures } from './pictures.ts';

/** What became of one line, or would. */
interface Reported {
  readonly line: number;
  readonly name: string | null;
  readonly externalKey: string | null;
  readonly outcome: Imported['outcome'] | 'listed';
  readonly faceId?: string;
  readonly column?: string | null;
  /** Why nobody was enrolled, and which picture of them was not used for what reason. */
  readonly code?: ErrorCode;
  readonly rejected?: readonly { readonly image: string; readonly code: ErrorCode }[];
}

interface ImportOptions extends InCollection, CompreFaceAccess {
  readonly dryRun?: true;
  readonly consent?: string;
}

/**
 * Enrol the people of a list (CSV), of a folder with one folder of pictures per person, or of a CompreFace server. Who is
 * enrolled under the same external key stays as they are, so that an import which was broken off goes on where it ended.
 * @param from a file, whose pictures are named from its folder; a folder; or the address of a server
 * @throws LintelError `list-invalid`, `usage`, `consent-missing` where there is a text that they did not agree to; as
 *   {@link listCompreFace}
 */
export async function importPeople(
  from: string,
  options: ImportOptions,
  tell: (line: string) => void,
): Promise<Answer> {
  const { rows, bad, read } = await listOf(from, options);
  const { current } = await openSettings(join(options.data, 'settings.json'));
  const { keepImages } = current;
  const consent = consentOf(current, options.consent);
  return await withServing(options, async (serving, { setModel }) => {
    const reports = bad.map(reportBad);
    if (!options.dryRun) await serving.gallery.ensureCollection(options.collection);
    for (const [i, row] of rows.entries()) {
      tell(`${i} of ${rows.length}`);
      const enrol = (images: readonly Uint8Array[]): Promise<Imported> =>
        importPerson(
          { ...serving, setModel, keepImages },
          options.collection,
          { ...row.person, consent },
          images,
        );
      reports.push(await reportRow(row, read, options.dryRun ? null : enrol));
    }
    const people = reports.toSorted((a, b) => a.line - b.line);
    const outcomes = Map.groupBy(people, ({ outcome }) => outcome);
    const counted = Object.fromEntries([...outcomes].map(([outcome, each]) => [outcome, each.length]));
    return { json: { counted, people }, text: people.map(lineOf).join('\n') || 'The list is empty.' };
  });
}

const reportBad = ({ line, column, code }: BadRow): Reported => ({
  line,
  name: null,
  externalKey: null,
  outcome: 'refused',
  column,
  code,
});

/** @param enrol null: the pictures are only read */
async function reportRow(
  { line, person: { name, externalKey }, pictures }: ListedRow,
  read: Listed['read'],
  enrol: ((images: readonly Uint8Array[]) => Promise<Imported>) | null,
): Promise<Reported> {
  const about = { line, name, externalKey };
  try {
    const files = await read(pictures);
    if (enrol === null) return { ...about, outcome: 'listed' };
    const imported = await enrol(files.map(({ bytes }) => bytes));
    const rejected = imported.rejected.map(({ index, code }) => ({ image: files[index]!.label, code }));
    const [first] = imported.rejected;
    return {
      ...about,
      outcome: imported.outcome,
      ...(imported.outcome === 'enrolled' && { faceId: imported.face.faceId }),
      ...(imported.outcome === 'refused' && first && { code: first.code }),
      ...(rejected.length > 0 && { rejected }),
    };
  } catch (error) {
    // One bad line stops no other.
    return { ...about, outcome: 'refused', code: toErrorBody(error).code };
  }
}

async function listOf(from: string, options: ImportOptions): Promise<Listed> {
  if (/^https?:/i.test(from)) return await listCompreFace(from, options);
  const stats = await stat(from).catch((error: unknown) => {
    throw new LintelError('usage', `${oneLine(from)} cannot be read.`, { cause: error });
  });
  if (stats.isDirectory()) return { ...(await listFolder(from)), read: readPictures };
  if (!stats.isFile() || stats.size > 4 * LIST_LIMITS.characters) throw new LintelError('list-invalid');
  const inFolder = (picture: string): string => resolve(dirname(from), picture);
  return {
    ...readList(await readFile(from, 'utf8')),
    read: async (pictures) => await readPictures(pictures.map(inFolder)),
  };
}

/** Somebody for each folder, by its name. */
async function listFolder(dir: string): Promise<Pick<Listed, 'rows' | 'bad'>> {
  const people = Map.groupBy(await listPeople(dir), ({ person }) => person);
  return rowsOf(
    people,
    ({ file }) => resolve(file),
    () => null,
  );
}

const lineOf = ({ line, name, externalKey, outcome, column, code, rejected = [] }: Reported): string =>
  [
    line,
    oneLine(name ?? externalKey ?? '-'),
    [outcome, column, code].filter(Boolean).join(' '),
    ...rejected.map((each) => `${each.image}: ${each.code}`),
  ].join('\t');
