import type { Decision, Visitor } from '#contract';
import type { AccessCodes } from '#core/gallery';
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
}

export function createCodeDesk(
  { personOf, visitorOf = async () => null }: CodeDeskOptions,
  guard: AttemptGuard,
): DecideCode {
  return (collectionId, code) =>
    guard.attempt('code', async () => {
      const face = await personOf(collectionId, code);
      const visitor = face === null ? await visitorOf(code) : null;
      if (visitor !== null) return await receive(visitor, guard);
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

/** Signs a visitor in, or, who is here, out. */
async function receive(visitor: Visitor, guard: AttemptGuard): Promise<Decision> {
  const { visitorId, name, host, from, until, signedInAt, signedOutAt } = visitor;
  const isHere = signedInAt !== null && signedOutAt === null;
  const coming: Bearer = {
    visitorId,
    direction: isHere ? 'out' : 'in',
    // Who is here may leave at any time.
    access: { groups: [VISITORS], validFrom: isHere ? null : from, validUntil: isHere ? null : until },
  };
  const granted: Decision = {
    outcome: 'granted',
    reasons: ['code'],
    hints: [],
    person: { faceId: null, name },
  };
  const settled = await guard.settleCode(granted, coming);
  const isMet = settled.outcome === 'granted' && !isHere && host !== null;
  return isMet ? { ...settled, host } : settled;
}
