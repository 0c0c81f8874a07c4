import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  DisplayName,
  LintelError,
  LIST_LIMITS,
  MAX_REFERENCES_PER_FACE,
  oneLine,
  toErrorBody,
  type BadRow,
  type ErrorCode,
  type ListedRow,
} from '#contract';
import { importPerson, readList, type Imported } from '#core/enrolment';
import { openSettings } from '../settings/index.ts';
import { withServing, type Answer, type InCollection } from './commands.ts';
import { consentOf } from './consent-way.ts';
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

/**
 * Enrol the people of a list (CSV), or of a folder with one folder of pictures per person. Who is enrolled under the same
 * external key stays as they are, so that an import which was broken off goes on where it ended.
 * @param from a file, whose pictures are named from its folder, or a folder
 * @throws LintelError `list-invalid`, `usage`, `consent-missing` where there is a text that they did not agree to
 */
export async function importPeople(
  from: string,
  options: InCollection & { dryRun?: true; consent?: string },
  tell: (line: string) => void,
): Promise<Answer> {
  const { rows, bad, folder } = await listOf(from);
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
      reports.push(await reportRow(row, folder, options.dryRun ? null : enrol));
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

/** @param enrol null: only the files are looked for */
async function reportRow(
  { line, person: { name, externalKey }, pictures }: ListedRow,
  folder: string,
  enrol: ((images: readonly Uint8Array[]) => Promise<Imported>) | null,
): Promise<Reported> {
  const about = { line, name, externalKey };
  try {
    const files = await readPictures(pictures.map((picture) => resolve(folder, picture)));
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

async function listOf(from: string): Promise<{
  readonly rows: readonly ListedRow[];
  readonly bad: readonly BadRow[];
  readonly folder: string;
}> {
  const stats = await stat(from).catch((error: unknown) => {
    throw new LintelError('usage', `${oneLine(from)} cannot be read.`, { cause: error });
  });
  if (stats.isDirectory()) return { ...(await listFolder(from)), folder: '.' };
  if (!stats.isFile() || stats.size > 4 * LIST_LIMITS.characters) throw new LintelError('list-invalid');
  return { ...readList(await readFile(from, 'utf8')), folder: dirname(from) };
}

/** Somebody for each folder, by its name. */
async function listFolder(dir: string): Promise<{ rows: ListedRow[]; bad: BadRow[] }> {
  const rows: ListedRow[] = [];
  const bad: BadRow[] = [];
  let line = 0;
  for (const [person, files] of Map.groupBy(await listPeople(dir), (each) => each.person)) {
    line += 1;
    const name = DisplayName.safeParse(person);
    const pictures = files.map(({ file }) => resolve(file)).slice(0, MAX_REFERENCES_PER_FACE);
    if (name.success)
      rows.push({ line, person: { name: name.data, externalKey: null, access: null }, pictures });
    else bad.push({ line, column: 'name', code: 'list-row-invalid' });
  }
  return { rows, bad };
}

const lineOf = ({ line, name, externalKey, outcome, column, code, rejected = [] }: Reported): string =>
  [
    line,
    oneLine(name ?? externalKey ?? '-'),
    [outcome, column, code].filter(Boolean).join(' '),
    ...rejected.map((each) => `${each.image}: ${each.code}`),
  ].join('\t');
