import type { ErrorCode, KioskOutput, ListColumn, ListedRow } from '#contract';
import type { KioskErrorCode } from '../bridge/errors.ts';

type List = KioskOutput<'people.read-list'>;

/** A file that shows nobody who can be recognised by it, and why. `faceCount`: how many people it shows, where those are too many. */
export interface Unused {
  readonly file: string;
  readonly code: ErrorCode;
  readonly faceCount?: number;
}

/** What became of one line of a list, or will. */
export interface ImportLine {
  readonly line: number;
  readonly name: string;
  readonly state:
    /** `unused`: of the pictures; null: they were not looked at yet. */
    | { readonly kind: 'waiting'; readonly row: ListedRow; readonly unused: readonly Unused[] | null }
    | { readonly kind: 'enrolled'; readonly unused: readonly Unused[] }
    /** `holder`: who has the key. */
    | { readonly kind: 'known'; readonly holder: string | null }
    | { readonly kind: 'held'; readonly alike: string | null; readonly unused: readonly Unused[] }
    | { readonly kind: 'missing'; readonly file: string }
    /** The line itself cannot be used. */
    | { readonly kind: 'refused'; readonly column: ListColumn; readonly earlier: number | null }
    /** None of its pictures can be used. */
    | { readonly kind: 'unusable'; readonly unused: readonly Unused[] }
    | { readonly kind: 'failed'; readonly code: KioskErrorCode };
}

/** Lines that set groups or a validity are for an administrator. */
const FOR_ADMINISTRATOR = { kind: 'failed', code: 'role-required' } as const;

/** The lists among the files chosen, by their names; several leave open which is meant. */
export const listsAmong = <T extends { readonly name: string }>(files: readonly T[]): T[] =>
  files.filter(({ name }) => /\.(csv|tsv|txt)$/i.test(name));

/** A name as files are found by: without folders, whatever the case. */
export const fileKey = (name: string): string =>
  name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).toLowerCase();

/**
 * The lines of a list in order, each with what is known before anybody is enrolled.
 * @param files names of the files that were chosen, as {@link fileKey} gives them
 * @param isAdministrator whether whoever imports may say who passes where
 */
export function linesOf(
  { rows, bad }: List,
  files: ReadonlySet<string>,
  isAdministrator: boolean,
): ImportLine[] {
  const read = rows.map(({ known, ...row }): ImportLine => {
    const name = row.person.name ?? row.person.externalKey ?? '';
    const file = row.pictures.find((picture) => !files.has(fileKey(picture)));
    if (known) return { line: row.line, name, state: { kind: 'known', holder: known.name } };
    if (row.person.access !== null && !isAdministrator)
      return { line: row.line, name, state: FOR_ADMINISTRATOR };
    if (file !== undefined) return { line: row.line, name, state: { kind: 'missing', file } };
    return { line: row.line, name, state: { kind: 'waiting', row, unused: null } };
  });
  const unread = bad.map(({ line, name, externalKey, column, earlier = null }): ImportLine => ({
    line,
    name: name ?? externalKey ?? '',
    state: { kind: 'refused', column, earlier },
  }));
  return [...read, ...unread].toSorted((a, b) => a.line - b.line);
}

/** A list with what became of one line. */
export const settled = (
  lines: readonly ImportLine[],
  line: number,
  state: ImportLine['state'],
): ImportLine[] => lines.map((each) => (each.line === line ? { ...each, state } : each));

/** Whether somebody has to look: nobody is or can be enrolled from the line, or not from all that it names. */
export function needsLook({ state }: ImportLine): boolean {
  if (state.kind === 'enrolled' || state.kind === 'waiting') return (state.unused ?? []).length > 0;
  return state.kind !== 'known';
}

/** Those that somebody has to look at first, and each kind as the list has them. */
export const lookedAtFirst = (lines: readonly ImportLine[]): ImportLine[] => [
  ...lines.filter(needsLook),
  ...lines.filter((line) => !needsLook(line)),
];

/** How many lines an administrator has to import. */
export const countForAdministrator = (lines: readonly ImportLine[]): number =>
  lines.filter(({ state }) => state.kind === 'failed' && state.code === FOR_ADMINISTRATOR.code).length;

/** The lines of which a check has yet to look at the pictures. */
export const unchecked = (lines: readonly ImportLine[]): ImportLine[] =>
  lines.filter(({ state }) => state.kind === 'waiting' && state.unused === null);

/** How many lines there are, are still to be enrolled, became somebody, are of somebody enrolled before, or give nobody. */
export function countLines(lines: readonly ImportLine[]) {
  const counts = { all: lines.length, waiting: 0, enrolled: 0, known: 0, left: 0 };
  for (const { state } of lines) {
    const { kind } = state;
    counts[kind === 'waiting' || kind === 'enrolled' || kind === 'known' ? kind : 'left'] += 1;
  }
  return counts;
}
