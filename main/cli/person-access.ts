import { LintelError, PersonAccess } from '#contract';

/** Words of the command line that change what the access rules know of a person; an empty one removes. */
export interface AccessChange {
  /** In place of the former, with commas between them. */
  readonly groups?: string;
  readonly validFrom?: string;
  readonly validUntil?: string;
}

/** @returns null when nothing is to change @throws LintelError `usage` */
export function accessWith(
  before: PersonAccess | undefined,
  { groups, validFrom, validUntil }: AccessChange,
): PersonAccess | null {
  if (groups === undefined && validFrom === undefined && validUntil === undefined) return null;
  const access = PersonAccess.safeParse({
    ...before,
    ...(groups !== undefined && { groups: groups.split(',').filter((group) => group !== '') }),
    ...(validFrom !== undefined && { validFrom: validFrom === '' ? null : validFrom }),
    ...(validUntil !== undefined && { validUntil: validUntil === '' ? null : validUntil }),
  });
  if (access.success) return access.data;
  throw new LintelError(
    'usage',
    access.error.issues[0]?.path[0] === 'groups'
      ? 'A group has 1 to 64 of letters, digits, - _ and dot; a person is in 32 at most.'
      : 'A time is a day such as 2026-12-24, or an instant such as 2026-12-24T18:00:00+01:00.',
  );
}

/** As lines for people. */
export const describedAccess = ({ groups, validFrom, validUntil }: PersonAccess): string[] => [
  `Groups: ${groups.join(', ') || '-'}`,
  `Valid: ${validFrom ?? 'since ever'} until ${validUntil ?? 'for good'}`,
];
