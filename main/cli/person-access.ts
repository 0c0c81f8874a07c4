import { accessMomentWritten, LintelError, PersonAccess } from '#contract';
import { TIME_WORDS } from './moments.ts';

/** Words of the command line that change what the access rules know of a person; an empty one removes. */
export interface AccessChange {
  /** In place of the former, with commas between them. */
  readonly groups?: string;
  readonly validFrom?: string;
  readonly validUntil?: string;
}

/** @returns what is to change of it, or null when nothing is @throws LintelError `usage` */
export function accessNamed({ groups, validFrom, validUntil }: AccessChange): Partial<PersonAccess> | null {
  if (groups === undefined && validFrom === undefined && validUntil === undefined) return null;
  const named = {
    ...(groups !== undefined && { groups: groups.split(',').filter((group) => group !== '') }),
    ...(validFrom !== undefined && { validFrom: validFrom === '' ? null : accessMomentWritten(validFrom) }),
    ...(validUntil !== undefined && {
      validUntil: validUntil === '' ? null : accessMomentWritten(validUntil),
    }),
  };
  const access = PersonAccess.safeParse(named);
  if (access.success) return named;
  throw new LintelError(
    'usage',
    access.error.issues[0]?.path[0] === 'groups'
      ? 'A group has 1 to 64 of letters, digits, - _ and dot; a person is in 32 at most.'
      : TIME_WORDS,
  );
}

/** As lines for people. */
export const describedAccess = ({ groups, validFrom, validUntil }: PersonAccess): string[] => [
  `Groups: ${groups.join(', ') || '-'}`,
  `Valid: ${validFrom ?? 'since ever'} until ${validUntil ?? 'for good'}`,
];
