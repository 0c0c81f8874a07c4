import { z } from 'zod';
import { PersonAccess } from './access.ts';
import { ERRORS, type ErrorCode } from './errors.ts';
import { MAX_REFERENCES_PER_FACE } from './gallery.ts';
import { ExternalKey } from './ids.ts';
import { DisplayName } from './text.ts';

/** A list of people to be enrolled, as text: so many characters and people at most. */
export const LIST_LIMITS = { characters: 2_000_000, people: 5000 } as const;

/** What a list says of a person; each is a column. */
export const LIST_COLUMNS = ['name', 'key', 'groups', 'valid-from', 'valid-until', 'pictures'] as const;
export const ListColumn = z.enum(LIST_COLUMNS);
export type ListColumn = z.infer<typeof ListColumn>;

/** Somebody to be enrolled from a list. */
export const ListedPerson = z.strictObject({
  name: DisplayName.nullable(),
  externalKey: ExternalKey.nullable(),
  access: PersonAccess.nullable(),
});
export type ListedPerson = z.infer<typeof ListedPerson>;

/** The same with the line of the list, counted from 1 with the header, and the names of the files that show them. */
export const ListedRow = z.object({
  line: z.int().positive(),
  person: ListedPerson,
  pictures: z.array(z.string().max(1024)).min(1).max(MAX_REFERENCES_PER_FACE),
});
export type ListedRow = z.infer<typeof ListedRow>;

/**
 * A line of which nobody can be enrolled. `name`, `externalKey`: null where it has none that can be shown; `column`: what is wrong;
 * `earlier`: the line that has the same key.
 */
export const BadRow = z.object({
  line: z.int().positive(),
  name: DisplayName.nullable(),
  externalKey: ExternalKey.nullable(),
  earlier: z.int().positive().optional(),
  column: ListColumn,
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
});
export type BadRow = z.infer<typeof BadRow>;
