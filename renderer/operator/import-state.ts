import type { KioskOutput, ListColumn, ListedRow } from '#contract';
import type { KioskErrorCode } from '../bridge/errors.ts';

type List = KioskOutput<'people.read-list'>;

/** What became of one line of a list, or will. */
export interface ImportLine {
  readonly line: number;
  readonly name: string;
  readonly state:
    | { readonly kind: 'waiting'; readonly row: ListedRow }
    | { readonly kind: 'enrolled' | 'known' }
    | { readonly kind: 'held'; readonly alike: string | null }
    | { readonly kind: 'missing'; readonly file: string }
    | { readonly kind: 'refused'; readonly code: KioskErrorCode; readonly column: ListColumn | null };
}

/** A name as files are found by: without folders, whatever the case. */
export const fileKey = (name: string): string =>
  name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).toLowerCase();

/**
 * The lines of a list in order, each with what is known before anybody is enrolled.
 * @param files names of the files that were chosen, as {@link fileKey} gives them
 */
export function linesOf({ rows, bad }: List, files: ReadonlySet<string>): ImportLine[] {
  const read = rows.map(({ isKnown, ...row }): ImportLine => {
    const name = row.person.name ?? row.person.externalKey ?? '';
    const file = row.pictures.find((picture) => !files.has(fileKey(picture)));
    if (isKnown) return { line: row.line, name, state: { kind: 'known' } };
    if (file !== undefined) return { line: row.line, name, state: { kind: 'missing', file } };
    return { line: row.line, name, state: { kind: 'waiting', row } };
  });
  const unread = bad.map(({ line, code, column }): ImportLine => ({
    line,
    name: '',
    state: { kind: 'refused', code, column },
  }));
  return [...read, ...unread].toSorted((a, b) => a.line - b.line);
}

/** A list with what became of one line. */
export const settled = (
  lines: readonly ImportLine[],
  line: number,
  state: ImportLine['state'],
): ImportLine[] => lines.map((each) => (each.line === line ? { ...each, state } : each));

/** How many lines are in each state. */
export function countLines(lines: readonly ImportLine[]): Record<ImportLine['state']['kind'], number> {
  const counts = { waiting: 0, enrolled: 0, known: 0, held: 0, missing: 0, refused: 0 };
  for (const { state } of lines) counts[state.kind] += 1;
  return counts;
}
