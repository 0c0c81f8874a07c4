import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  ERRORS,
  LintelError,
  LIST_LIMITS,
  MAX_REFERENCES_PER_FACE,
  oneLine,
  toErrorBody,
  type BadRow,
  type ErrorCode,
  type ListColumn,
  type ListedRow,
} from '#contract';
import {
  importPerson,
  previewPerson,
  readList,
  type Imported,
  type Previewed,
  type References,
} from '#core/enrolment';
import { openSettings } from '../settings/index.ts';
import { elsewhere, withServing, type Answer, type InCollection } from './commands.ts';
import { listCompreFace, type CompreFaceAccess } from './compreface.ts';
import { consentOf } from './consent-way.ts';
import { named } from './face-named.ts';
import { rowsOf, type Listed } from './listed.ts';
import { listPeople, readPictures, refusedOf, type Refused } from './pictures.ts';
import { table } from './table.ts';
import { whyUnreadable } from './unreadable.ts';

/** What becomes of somebody, or would. */
type Become =
  | Imported
  | Previewed
  | { readonly outcome: 'held'; readonly alike: string; readonly rejected: Imported['rejected'] };

/** Somebody of the list who would be enrolled. */
interface Listable {
  readonly row: ListedRow;
  readonly references: References['references'];
}

/** What became of one line, or would. */
interface Reported {
  readonly line: number;
  readonly name: string | null;
  readonly externalKey: string | null;
  readonly outcome: Become['outcome'];
  readonly faceId?: string;
  readonly column?: ListColumn;
  /** Why nobody was enrolled, and which picture of them was not used for what reason. */
  readonly code?: ErrorCode;
  readonly message?: string;
  /** Whom a person looks like that was held back. */
  readonly alike?: string;
  readonly rejected?: readonly Refused[];
}

/** What became of lines, for people. */
const OUTCOME_WORDS: Readonly<Record<Reported['outcome'], string>> = {
  enrolled: 'enrolled',
  listed: 'can be enrolled',
  known: 'enrolled already',
  held: 'held back',
  refused: 'refused',
};

/** What a line has to say in a column. */
const COLUMN_WORDS: Readonly<Record<ListColumn, string>> = {
  name: 'a line has a name, of 1 to 200 characters that can be seen, or a key',
  key: 'a key has 1 to 512 printable ASCII characters without spaces',
  groups: 'a group has 1 to 64 letters, digits, dashes, underscores or dots',
  'valid-from': 'a day or an instant, such as 2026-12-24 or 2026-12-24T18:00',
  'valid-until': 'a day or an instant, such as 2026-12-24 or 2026-12-24T18:00',
  pictures: `one to ${MAX_REFERENCES_PER_FACE} names of files`,
};

interface ImportOptions extends InCollection, CompreFaceAccess {
  readonly dryRun?: true;
  readonly consent?: string;
}

/**
 * Enrol the people of a list (CSV), of a folder with one folder of pictures per person, or of a CompreFace server. Who is
 * enrolled under the same external key stays as they are, so that an import which was broken off goes on where it ended.
 * The exit status is 2 where nobody of the list was, is already, or could be enrolled.
 * @param from a file, whose pictures are named from its folder; a folder; or the address of a server
 * @throws LintelError `list-invalid`, `list-encoding`, `usage`, `consent-missing` where there is a text that they did not agree to; as
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
  return await withServing({ ...options, makesStore: !options.dryRun }, async (serving, { setModel }) => {
    const reports = bad.map(reportBad);
    if (!options.dryRun) await serving.gallery.ensureCollection(options.collection);
    const using = { ...serving, setModel, keepImages };
    /** Who would be enrolled, in a dry run. */
    const before: Listable[] = [];
    const preview = async (row: ListedRow, images: readonly Uint8Array[]): Promise<Become> => {
      const found = await previewPerson(using, options.collection, row.person, images, before);
      if (found.outcome === 'listed') before.push({ row, references: found.references });
      if (!('earlier' in found)) return found;
      const { line, person } = before[found.earlier]!.row;
      const alike = `${person.name ?? person.externalKey ?? '-'} in line ${line}`;
      return { outcome: 'held', alike, rejected: found.rejected };
    };
    for (const [i, row] of rows.entries()) {
      tell(`${i} of ${rows.length}`);
      const become = (images: readonly Uint8Array[]): Promise<Become> =>
        options.dryRun
          ? preview(row, images)
          : importPerson(using, options.collection, { ...row.person, consent }, images);
      reports.push(await reportRow(row, read, become));
    }
    const people = reports.toSorted((a, b) => a.line - b.line);
    const outcomes = Map.groupBy(people, ({ outcome }) => outcome);
    const counted = Object.fromEntries([...outcomes].map(([outcome, each]) => [outcome, each.length]));
    const isTaken = people.some(({ outcome }) => outcome !== 'refused' && outcome !== 'held');
    const text = [
      listed(people),
      ...(people.length === 0 ? [] : [summaryOf(people, options), ...elsewhere(current, options)]),
    ].join('\n');
    return { json: { counted, people }, text, ...(!isTaken && { status: 2 }) };
  });
}

/** How many lines there are of each outcome. */
function summaryOf(people: readonly Reported[], { dryRun }: Pick<ImportOptions, 'dryRun'>): string {
  const sum = Object.entries(OUTCOME_WORDS).flatMap(([outcome, words]) => {
    const count = people.filter((each) => each.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return `${dryRun ? 'Dry run, nobody was enrolled: ' : ''}${sum.join(', ')}.`;
}

const reportBad = ({ line, name, externalKey, column, code, earlier }: BadRow): Reported => ({
  line,
  name,
  externalKey,
  outcome: 'refused',
  column,
  code,
  message:
    earlier !== undefined
      ? `Line ${earlier} has this key already.`
      : `${ERRORS[code].message} (${COLUMN_WORDS[column]})`,
});

/** @param become enrols a person, or says what would become of them */
async function reportRow(
  { line, person: { name, externalKey }, pictures }: ListedRow,
  read: Listed['read'],
  become: (images: readonly Uint8Array[]) => Promise<Become>,
): Promise<Reported> {
  const about = { line, name, externalKey };
  try {
    const files = await read(pictures);
    const imported = await become(files.map(({ bytes }) => bytes));
    const rejected = refusedOf(imported.rejected, files);
    const [first] = rejected;
    const alike = imported.outcome === 'held' ? likeOf(imported) : null;
    return {
      ...about,
      outcome: imported.outcome,
      ...(imported.outcome === 'enrolled' && { faceId: imported.face.faceId }),
      ...(imported.outcome === 'refused' && first && { code: first.code, message: first.message }),
      ...(alike !== null && { alike }),
      ...(rejected.length > 0 && { rejected }),
    };
  } catch (error) {
    // One bad line stops no other.
    return { ...about, outcome: 'refused', ...toErrorBody(error) };
  }
}

const likeOf = (held: Extract<Become, { readonly outcome: 'held' }>): string =>
  'alike' in held ? held.alike : named(held.suspectedDuplicates[0]!);

async function listOf(from: string, options: ImportOptions): Promise<Listed> {
  if (/^https?:/i.test(from)) return await listCompreFace(from, options);
  const unreadable = (error: unknown): never => {
    throw new LintelError('usage', `The list cannot be read. (${whyUnreadable(oneLine(from), error)})`, {
      cause: error,
    });
  };
  const stats = await stat(from).catch(unreadable);
  if (stats.isDirectory()) return { ...(await listFolder(from)), read: (pictures) => readPictures(pictures) };
  if (!stats.isFile() || stats.size > 4 * LIST_LIMITS.characters) throw new LintelError('list-invalid');
  const folder = resolve(dirname(from));
  return {
    ...readList(await readFile(from, 'utf8').catch(unreadable)),
    read: async (pictures) => await readPictures(pictures, { folder }),
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

const listed = (people: readonly Reported[]): string =>
  table(
    ['Line', 'Name', 'Key', 'Outcome', 'Face', 'Why'],
    people.map((each) => [
      each.line,
      each.name,
      each.externalKey,
      OUTCOME_WORDS[each.outcome],
      each.faceId ?? null,
      whyOf(each),
    ]),
    'The list is empty.',
  );

/** Why somebody is not enrolled, or some of their pictures are not used. */
function whyOf({ outcome, alike, code, message, rejected = [] }: Reported): string {
  const like = alike === undefined ? [] : [`looks like ${alike}; lintel enrol takes them all the same`];
  const unused = outcome === 'refused' ? '' : 'not used: ';
  const pictures = rejected.map((each) => `${unused}${each.image}: ${each.message} [${each.code}]`);
  const own = pictures.length > 0 || code === undefined ? [] : [`${message} [${code}]`];
  return [...like, ...pictures, ...own].join('; ');
}
