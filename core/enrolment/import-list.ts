import { parse } from 'csv-parse/sync';
import {
  accessMomentWritten,
  DisplayName,
  ExternalKey,
  LintelError,
  LIST_COLUMNS,
  LIST_LIMITS,
  ListedRow,
  PersonAccess,
  withoutMark,
  type BadRow,
  type ListColumn,
} from '#contract';

/** Other words for the columns, as they are compared: small letters, with a dash for what is between words. */
const WORDS: Readonly<Record<string, ListColumn>> = {
  ...Object.fromEntries(LIST_COLUMNS.map((column) => [column, column])),
  'external-key': 'key',
  id: 'key',
  picture: 'pictures',
  photo: 'pictures',
  photos: 'pictures',
  file: 'pictures',
  files: 'pictures',
};

/** Between several groups, or several files, in one cell. */
const SEVERAL = /[|,;]/;

/**
 * The people of a list with a header: comma, semicolon or tab between cells, quotes as RFC 4180 has them, any line ends.
 * @param text decoded as UTF-8: what was in another encoding has replacement characters (U+FFFD), and names nobody rightly
 * @throws LintelError `list-invalid` where it is no such list, has no column of pictures, or is too long; `list-encoding`
 */
export function readList(text: string): { readonly rows: ListedRow[]; readonly bad: BadRow[] } {
  if (text.includes('\u{fffd}')) throw new LintelError('list-encoding');
  const lines = cellsOf(text);
  const [header, ...rest] = lines;
  const columns = header?.cells.map(
    (cell) =>
      WORDS[
        cell
          .trim()
          .toLowerCase()
          .replaceAll(/[\s_-]+/g, '-')
      ],
  );
  if (!columns?.includes('pictures') || !(columns.includes('name') || columns.includes('key'))) {
    throw new LintelError('list-invalid', '(It begins with a line such as name,key,groups,pictures.)');
  }
  if (rest.length > LIST_LIMITS.people) throw new LintelError('list-invalid', `(${rest.length} lines)`);
  const rows: ListedRow[] = [];
  const bad: BadRow[] = [];
  const lineOfKey = new Map<string, number>();
  for (const { line, cells } of rest) {
    const cell = (column: ListColumn): string => cells[columns.indexOf(column)]?.trim() ?? '';
    const row = rowOf(line, cell);
    if ('code' in row) {
      bad.push(row);
      continue;
    }
    const { externalKey, name } = row.person;
    const earlier = externalKey === null ? undefined : lineOfKey.get(externalKey);
    if (earlier !== undefined) {
      bad.push({ line, name, externalKey, column: 'key', code: 'external-key-in-use', earlier });
      continue;
    }
    rows.push(row);
    if (externalKey !== null) lineOfKey.set(externalKey, line);
  }
  return { rows, bad };
}

interface Line {
  /** Counted from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

function cellsOf(text: string): Line[] {
  if (text.length > LIST_LIMITS.characters) throw new LintelError('list-invalid', '(too long)');
  const list = withoutMark(text);
  const first = /^[^\r\n]*/.exec(list)![0];
  const count = (separator: string): number => first.split(separator).length;
  const delimiter = [';', '\t'].find((each) => count(each) > count(',')) ?? ',';
  let line = 1;
  try {
    const options = {
      delimiter,
      relax_column_count: true,
      info: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    };
    const records = parse(list, options) as unknown as { record: string[]; info: { lines: number } }[];
    return records
      .map(({ record, info }) => {
        const begun = line;
        line = info.lines + 1;
        return { line: begun, cells: record };
      })
      .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  } catch (error) {
    throw new LintelError('list-invalid', `(line ${line})`, { cause: error });
  }
}

function rowOf(line: number, cell: (column: ListColumn) => string): ListedRow | BadRow {
  const name = DisplayName.nullable().safeParse(orNull(cell('name')));
  const externalKey = ExternalKey.nullable().safeParse(orNull(cell('key')));
  const wrong = (column: ListColumn): BadRow => ({
    line,
    name: name.data ?? null,
    externalKey: externalKey.data ?? null,
    column,
    code: 'list-row-invalid',
  });
  if (!name.success) return wrong('name');
  if (!externalKey.success) return wrong('key');
  if (name.data === null && externalKey.data === null) return wrong('name');
  const access = accessOf(cell);
  if (typeof access === 'string') return wrong(access);
  const pictures = several(cell('pictures'));
  const person = { name: name.data, externalKey: externalKey.data, access };
  const row = ListedRow.safeParse({ line, person, pictures });
  return row.success ? row.data : wrong('pictures');
}

const orNull = (text: string): string | null => (text === '' ? null : text);

const several = (text: string): string[] =>
  text
    .split(SEVERAL)
    .map((part) => part.trim())
    .filter((part) => part !== '');

const momentOf = (text: string): string | null => (text === '' ? null : accessMomentWritten(text));

/** Null where the list says nothing; the column that cannot be read. */
function accessOf(cell: (column: ListColumn) => string): PersonAccess | null | ListColumn {
  const [groups, from, until] = [several(cell('groups')), cell('valid-from'), cell('valid-until')];
  if (groups.length === 0 && from === '' && until === '') return null;
  const access = PersonAccess.safeParse({ groups, validFrom: momentOf(from), validUntil: momentOf(until) });
  if (access.success) return access.data;
  const [field] = access.error.issues[0]?.path ?? [];
  if (field === 'groups') return 'groups';
  return field === 'validFrom' ? 'valid-from' : 'valid-until';
}
