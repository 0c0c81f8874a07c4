import type { Decision, Direction, Visitor } from '#contract';
import type { AccessCodes } from '#core/gallery';
import type { Passage } from '#core/store';
import { isStillHere } from './attendance.ts';
import type { AttemptGuard } from './attempt-guard.ts';
import type { Bearer } from './visit-record.ts';

/**
 * Decides on an access code given instead of a face.
 * @throws LintelError `kiosk-paused`, `kiosk-locked`
 */
export type DecideCode = (collectionId: string, code: string) => Promise<Decision>;

/** The group that visitors are in, for rules. */
const VISITORS = 'visitors';

export interface CodeDeskOptions extends Pick<AccessCodes, 'personOf'> {
  /** Whose code it is of those who are expected. By default, nobody is. */
  readonly visitorOf?: (code: string) => Promise<Visitor | null>;
  /** Which way the door here leads. By default, there is none, or it leads both ways. */
  readonly doorWay?: Direction | null;
}

export function createCodeDesk(
  { personOf, visitorOf = async () => null, doorWay = null }: CodeDeskOptions,
  guard: AttemptGuard,
): DecideCode {
  return (collectionId, code) =>
    guard.attempt('code', async () => {
      const [known, expected] = await Promise.all([personOf(collectionId, code), visitorOf(code)]);
      // A code of two people, given by an earlier version, is nobody's: either could come in as the other.
      const [face, visitor] = known !== null && expected !== null ? [null, null] : [known, expected];
      if (visitor !== null) return await receive(visitor, doorWay, guard, new Date());
      const person = face && { faceId: face.faceId, name: face.metadata.name ?? null };
      const decision: Decision = {
        outcome: person ? 'granted' : 'denied',
        reasons: [person ? 'code' : 'code-wrong'],
        hints: [],
        person,
      };
      return await guard.settleCode(decision);
    });
}

/** Signs a visitor in, or out: as the door leads, and where it leads both ways, who is here out. */
async function receive(
  visitor: Visitor,
  doorWay: Direction | null,
  guard: AttemptGuard,
  now: Date,
): Promise<Decision> {
  const { visitorId, name, host, from, until } = visitor;
  const direction = doorWay ?? wayOf(visitor, now);
  const coming: Bearer = {
    visitorId,
    direction,
    lastPassage: lastPassageOf(visitor),
    access: { groups: [VISITORS], validFrom: from, validUntil: until },
  };
  const granted: Decision = {
    outcome: 'granted',
    reasons: ['code'],
    hints: [],
    person: { faceId: null, name },
  };
  const settled = await guard.settleCode(granted, coming);
  const isMet = settled.outcome === 'granted' && direction === 'in' && host !== null;
  return isMet ? { ...settled, host } : settled;
}

/** A door that may not have opened counts for nobody here: it is taken back as an event. */
function lastPassageOf({
  signedInAt,
  signedOutAt,
}: Visitor): Pick<Passage, 'direction' | 'at' | 'isCertain'> | null {
  if (signedInAt === null) return null;
  return signedOutAt === null
    ? { direction: 'in', at: new Date(signedInAt), isCertain: true }
    : { direction: 'out', at: new Date(signedOutAt), isCertain: true };
}

/** Who forgot to sign out comes in again while the visit lasts; after it they can only have left. */
function wayOf({ signedInAt, signedOutAt, until }: Visitor, now: Date): Direction {
  if (signedInAt === null || signedOutAt !== null) return 'in';
  return isStillHere(new Date(signedInAt), now) || new Date(until) < now ? 'out' : 'in';
}
