import { DisplayName, MAX_REFERENCES_PER_FACE, type BadRow, type ListedRow } from '#contract';
import type { Picture } from './pictures.ts';

/** People to be enrolled, and where the pictures that a row names come from. */
export interface Listed {
  readonly rows: readonly ListedRow[];
  readonly bad: readonly BadRow[];
  /** @throws LintelError */
  readonly read: (pictures: readonly string[]) => Promise<Picture[]>;
}

/** A row for each name with pictures: the first of them, where there are more than a face has references. */
export function rowsOf<T>(
  people: ReadonlyMap<string, readonly T[]>,
  pictureOf: (each: T) => string,
  keyOf: (name: string) => string | null,
): Pick<Listed, 'rows' | 'bad'> {
  const rows: ListedRow[] = [];
  const bad: BadRow[] = [];
  let line = 0;
  for (const [person, each] of people) {
    line += 1;
    const name = DisplayName.safeParse(person);
    const pictures = each.slice(0, MAX_REFERENCES_PER_FACE).map(pictureOf);
    if (name.success)
      rows.push({ line, person: { name: name.data, externalKey: keyOf(name.data), access: null }, pictures });
    else bad.push({ line, name: null, externalKey: null, column: 'name', code: 'list-row-invalid' });
  }
  return { rows, bad };
}
