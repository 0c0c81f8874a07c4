import { AccessPolicy, PersonAccess, toErrorBody, type AccessReason, type DoorConfig } from '#contract';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { isClockPlausible } from '#core/upkeep';
import type { Log } from '../process/index.ts';
import type { Admission, Admit, Bearer } from '../session/index.ts';
import { accessInForce } from './access-in-force.ts';
import { decideAccess, type AccessVerdict } from './access-rules.ts';
import type { EventLog } from './event-log.ts';
import { machineTimeZone } from './wall-clock.ts';

export interface AdmissionOptions {
  readonly store: SqlStore;
  /** The door that a grant opens since the start, whatever was set after it; null: none. */
  readonly door: Pick<DoorConfig, 'doorId' | 'direction'> | null;
  readonly events: Pick<EventLog, 'lastPassage'>;
  /** The collection that people are recognised in. */
  readonly collectionId: () => string;
  readonly log: Log;
  readonly now?: () => Date;
}

/** Where nothing was set: everybody who is enrolled, at any time. Days of validity are those of UTC where the machine's are not known. */
const everybody = (): AccessPolicy =>
  AccessPolicy.parse({ timeZone: machineTimeZone() ?? 'UTC', rules: [{}] });

const NOTHING_NOTED = PersonAccess.parse({});

/** Asks the access rules as they are set at that moment. What keeps them from an answer denies, and says so. */
export function createAdmit({
  store,
  door,
  events,
  collectionId,
  log,
  now = () => new Date(),
}: AdmissionOptions): Admit {
  async function ask(...[{ person }, level, bearer]: Parameters<Admit>): Promise<AccessVerdict> {
    const faceId = person?.faceId ?? null;
    const who = faceId ?? bearer?.cardId ?? null;
    // Asked only where it counts, and first: while the actuator hangs it takes as long, and all else is to be as it is after that.
    const counts = who !== null && (await accessInForce(store)).policy?.antiPassback;
    const lastPassage = counts ? await events.lastPassage(who) : (bearer?.lastPassage ?? null);
    const { policy } = await accessInForce(store);
    // A reception without rules greets a person that only the server knows.
    if (policy === null && door === null && faceId === null && !bearer) return { isAllowed: true };
    const face = faceId === null ? null : await store.getFace(LOCAL_ACCOUNT, collectionId(), faceId);
    const at = now();
    return decideAccess({
      policy: policy ?? everybody(),
      door,
      collectionId: collectionId(),
      // Of somebody enrolled what is known now, whatever stands on their card.
      person: face === null ? (bearer?.access ?? null) : (face.metadata.access ?? NOTHING_NOTED),
      level,
      isLeaving: isLeaving(bearer, door),
      now: at,
      // Asked with each decision: retention looks at the clock only once an hour.
      clockIsSound: await isClockPlausible(store, at),
      lastPassage,
    });
  }

  return async (granted, level, bearer) => {
    try {
      const verdict = await ask(granted, level, bearer);
      if (verdict.isAllowed) return { decision: granted, detail: null };
      return denied(verdict.reason, verdict.detail);
    } catch (error) {
      log.error({ err: error }, 'the access rules could not be asked');
      return denied('access-unknown', toErrorBody(error).code);
    }
  };
}

/** Who is here may leave at any time, but a door that leads in, or both ways, does not open to them for that. */
const isLeaving = (bearer: Bearer | undefined, door: AdmissionOptions['door']): boolean =>
  bearer?.direction === 'out' &&
  bearer.lastPassage?.direction === 'in' &&
  (door === null || door.direction === 'out');

const denied = (reason: AccessReason, detail: string): Admission => ({
  decision: { outcome: 'denied', reasons: [reason], hints: [], person: null },
  detail,
});
