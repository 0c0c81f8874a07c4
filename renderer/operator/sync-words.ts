import type { Resolution, SyncStatus, SyncSummary } from '#contract';
import { formatDate, type TextKey } from '../i18n.ts';

type Conflict = SyncStatus['conflicts'][number];
type Person = SyncStatus['people'][number];

/** The state of synchronisation: a text, its values, and whether the operator should look. */
export interface Standing {
  readonly text: TextKey;
  readonly values: Record<string, string | number>;
  readonly tone: 'good' | 'neutral' | 'bad';
}

type PlainState = Exclude<SyncSummary['state'], 'waiting' | 'idle'>;
const PLAIN: Readonly<Record<PlainState, TextKey>> = {
  off: 'server.off',
  working: 'server.working',
  paused: 'server.paused',
  metered: 'server.metered',
  revoked: 'server.revoked',
};

export function standingOf({ state, queue, lastSuccess }: SyncSummary): Standing {
  if (state === 'waiting') {
    return lastSuccess === null
      ? { text: 'server.neverReached', values: {}, tone: 'bad' }
      : { text: 'server.notReachedSince', values: { when: moment(lastSuccess) }, tone: 'bad' };
  }
  if (state === 'idle') {
    return queue === 0
      ? { text: 'server.inStep', values: {}, tone: 'good' }
      : { text: 'server.waiting', values: { count: queue }, tone: 'neutral' };
  }
  return { text: PLAIN[state], values: {}, tone: state === 'revoked' ? 'bad' : 'neutral' };
}

/** A date with its time, as the screen's language writes it. */
export const moment = (timestamp: string): string =>
  formatDate(new Date(timestamp), { dateStyle: 'medium', timeStyle: 'short' });

/** A day where the door is, or an instant, as the screen's language writes it; a dash for none. */
export function dayOrMoment(at: string | null): string {
  if (at === null) return '–';
  const isDay = !at.includes('T');
  return isDay ? formatDate(new Date(`${at}T00:00`), { dateStyle: 'medium' }) : moment(at);
}

/**
 * The server that an operator meant: over TLS unless they say otherwise.
 * @returns scheme, host and port; null for what is no address
 */
export function addressOf(typed: string): string | null {
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) return null;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  const isHttp = url !== null && /^https?:$/.test(url.protocol) && url.hostname !== '';
  return isHttp ? url.origin : null;
}

/** A decision, and its words. `isFinal`: it removes a face, and is asked about once more. */
export interface Choice {
  readonly resolution: Resolution;
  readonly text: TextKey;
  readonly isFinal: boolean;
}

const MERGE: Choice = { resolution: 'same-person', text: 'server.samePerson', isFinal: true };
const CHOICES: Readonly<Record<Conflict['kind'], readonly Choice[]>> = {
  'external-key': [
    { resolution: 'keep-first', text: 'server.keepKey', isFinal: false },
    { resolution: 'keep-second', text: 'server.giveKey', isFinal: false },
    { resolution: 'both', text: 'server.bothKey', isFinal: false },
    MERGE,
  ],
  // No key is at stake: they are two people, or one.
  'suspected-duplicate': [{ resolution: 'both', text: 'server.twoPeople', isFinal: false }, MERGE],
};

/** What can be decided about a conflict. */
export const choicesOf = ({ kind }: Conflict): readonly Choice[] => CHOICES[kind];

/** The two people of a conflict, first the one that the server had first; null for a person that this device lacks. */
export function sidesOf({ firstFaceId, secondFaceId }: Conflict, people: readonly Person[]) {
  const side = (id: string): Person | null => people.find(({ faceId }) => faceId === id) ?? null;
  return [side(firstFaceId), side(secondFaceId)] as const;
}
