import type { ErrorCode } from '#contract';
import type { Person } from './decide-person.ts';
import type { Picture } from '#core/liveness';

/** The result of asking a server for a person. */
export interface ServerAnswer {
  /** `found` and `nobody` are answers; all others say why there is none. */
  readonly code: 'found' | 'nobody' | 'timeout' | ErrorCode;
  /** The person found. */
  readonly person: Person | null;
  /** The server's id of that person. */
  readonly remoteId: string | null;
}

/**
 * Asks a server for a person that this appliance does not know. Never rejects, and ends in a few seconds.
 * @returns null when it is not to be asked
 */
export type AskServer = (picture: Picture) => Promise<ServerAnswer | null>;
