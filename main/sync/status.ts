import {
  LintelError,
  type Conflict,
  type ConflictPerson,
  type SyncStatus,
  type SyncSummary,
} from '#contract';
import { LOCAL_ACCOUNT, type SqlStore, type Store } from '#core/store';
import { Replica } from '#core/sync';
import { accessOf, isRevoked, membershipOf, type Membership } from './membership.ts';
import { readRunState, type RunState } from './run-state.ts';

/** What only the process that synchronises knows. */
type Live = Pick<SyncStatus, 'state' | 'progress'>;

/** The state of an appliance's synchronisation, for its operator. */
export async function describeSync(store: SqlStore, live: Live): Promise<SyncStatus> {
  const membership = await membershipOf(store);
  const replica = new Replica(store);
  const conflicts = await replica.conflicts();
  return {
    ...(await standingOf(store, membership, live)),
    server: membership && {
      origin: membership.origin,
      mode: membership.mode,
      deviceId: membership.mode === 'feed' ? membership.deviceId : null,
      access: accessOf(membership).source,
      events: membership.mode === 'feed' ? membership.policy.events : 'none',
    },
    parked: await replica.parked(),
    conflicts,
    people: await peopleOf(store, LOCAL_ACCOUNT, conflicts),
  };
}

/** The part of it that any screen may know. */
export async function summariseSync(store: SqlStore, live: Live): Promise<SyncSummary> {
  const replica = new Replica(store);
  return {
    ...(await standingOf(store, await membershipOf(store), live)),
    parked: (await replica.parked()).length,
    conflicts: (await replica.conflicts()).length,
  };
}

/** The state without names and addresses. */
async function standingOf(store: SqlStore, membership: Membership | null, { state, progress }: Live) {
  const run = await readRunState(store);
  const { lastSuccess, nextTry, error } = run;
  const replica = new Replica(store);
  const queue = await replica.countPending();
  const { count: held } = await replica.held();
  return { state: stateOf(membership, run, state), queue, lastSuccess, nextTry, error, held, progress };
}

/** The state as another process than the appliance's can tell it: whether an exchange is under way it cannot. */
export async function restingState(store: Store): Promise<SyncStatus['state']> {
  const { error } = await readRunState(store);
  return error === null ? 'idle' : 'waiting';
}

/** The faces that conflicts are about, as far as they are still there. */
export async function peopleOf(
  store: Store,
  account: string,
  conflicts: readonly Conflict[],
): Promise<ConflictPerson[]> {
  const people = new Map<string, ConflictPerson>();
  for (const { collectionId, firstFaceId, secondFaceId } of conflicts) {
    for (const faceId of [firstFaceId, secondFaceId]) {
      const face = await store.getFace(account, collectionId, faceId).catch(absent);
      if (face === null) continue;
      const { externalKey, metadata, createdAt } = face;
      people.set(faceId, { faceId, externalKey, metadata, createdAt });
    }
  }
  return [...people.values()];
}

function absent(error: unknown): null {
  const codes: readonly string[] = ['face-not-found', 'collection-not-found'];
  if (error instanceof LintelError && codes.includes(error.code)) return null;
  throw error;
}

/** What was changed meanwhile, perhaps by another process, counts more than what the loop saw last. */
function stateOf(
  membership: Membership | null,
  { isPaused }: RunState,
  seen: SyncStatus['state'],
): SyncStatus['state'] {
  if (membership === null) return 'off';
  if (isRevoked(membership)) return 'revoked';
  if (seen === 'working') return seen;
  if (isPaused) return 'paused';
  return seen === 'off' || seen === 'paused' || seen === 'revoked' ? 'idle' : seen;
}
