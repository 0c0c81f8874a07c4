import type { ErrorCode } from '#contract';
import type { Person } from './decide-person.ts';
import type { Picture } from '#core/liveness';

/** What came of asking a server who somebody is. */
export interface ServerAnswer {
  /** `found` and `nobody` are answers; all others say why there is none. */
  readonly code: 'found' | 'nobody' | 'timeout' | ErrorCode;
  /** Who was found. */
  readonly person: Person | null;
  /** Under which id the server has them. */
  readonly remoteId: string | null;
}

/**
 * Asks a server who somebody is that nobody here knows. Never rejects, and ends in a few seconds.
 * @returns null when it is not to be asked
 */
export type AskServer = (picture: Picture) => Promise<ServerAnswer | null>;
