import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  ERRORS,
  LintelError,
  oneLine,
  Resolution,
  toErrorBody,
  type Conflict,
  type ConflictPerson,
  type ModelChoice,
  type AccessSource,
  type DevicePolicy,
  type SyncStatus,
} from '#contract';
import { Accounts } from '#core/accounts';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import { Hub, Replica } from '#core/sync';
import { weightsDirOf } from '../appliance/index.ts';
import { modelIdOfChoice } from '../networks/index.ts';
import { openSettings } from '../settings/index.ts';
import {
  describeSync,
  exchange,
  forgetMembership,
  hasLeft,
  isRevoked,
  joinRealeyes,
  joinServer,
  membershipOf,
  noteFailure,
  noteSuccess,
  pause,
  peopleOf,
  restingState,
  type Membership,
  watchPolicies,
} from '../sync/index.ts';
import { VERSION } from '../version.ts';
import { MODELS, type Answer } from './commands.ts';
import { describedAccess } from './person-access.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

/** Commands by which an appliance keeps in step with its server; they may run while it does. */

/** At a server: the account whose conflicts are meant. */
interface OfAccount extends InStore {
  readonly account?: string;
}

export async function pair(
  code: string,
  options: InStore & { server: string; name?: string; allowHttp?: boolean },
): Promise<Answer> {
  const { server, name = hostname(), allowHttp = false } = options;
  const origin = originOf(server);
  return await withStore({ ...options, makesStore: true }, async (store) => {
    const former = await membershipOf(store);
    const membership = await joinServer(store, { origin }, code, name, allowHttp);
    const { deviceId, policy } = membership;
    const queue = await new Replica(store).countPending();
    return {
      json: { origin, deviceId, policy, queue, former: former && idOf(former) },
      text: `Joined ${origin} as ${deviceId}. ${changes(queue)} to be sent.${openly(origin)}${revokeToo(former)}`,
    };
  });
}

/** Keep in step with a server that speaks the Realeyes API and nothing else. */
export async function connectRealeyes(
  options: InStore & { server: string; allowHttp?: boolean },
): Promise<Answer> {
  const origin = originOf(options.server);
  const apiKey = process.env['LINTEL_API_KEY'];
  if (!apiKey) throw new LintelError('usage', 'Set LINTEL_API_KEY to a key of that server.');
  return await withStore({ ...options, makesStore: true }, async (store) => {
    await joinRealeyes(store, { origin }, apiKey, options.allowHttp);
    const queue = await new Replica(store).countPending();
    return {
      json: { origin, queue },
      text: `Joined ${origin} by the Realeyes API. ${changes(queue)} to be sent.${openly(origin)}`,
    };
  });
}

export async function unpair(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const membership = await joined(store);
    const { origin } = membership;
    await forgetMembership(store);
    return {
      json: { left: origin, deviceId: idOf(membership) },
      text: `Left ${origin}. Everybody who is enrolled here stays.${revokeToo(membership)}`,
    };
  });
}

export async function syncStatus(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const status = await describeSync(store, { state: await restingState(store), progress: null });
    const clock = new Date().toISOString();
    return {
      json: { ...status, clock },
      text: [...statusLines(status), `Clock:        ${clock}`].join('\n'),
    };
  });
}

/**
 * One exchange, in this process.
 * @param onProgress called with a line of text as it goes on
 * @throws LintelError `sync-not-joined`, `device-revoked`, `server-unreachable`, `server-inconsistent`
 */
export async function syncNow(
  options: InStore & { models: ModelChoice },
  onProgress: (line: string) => void,
): Promise<Answer> {
  return await withStore(options, async (caller) => {
    let membership = await joined(caller);
    if (isRevoked(membership)) throw new LintelError('device-revoked');
    // Two exchanges at a time could enrol a person twice there.
    if (membership.mode === 'realeyes') {
      throw new LintelError('usage', 'By the Realeyes API, the running appliance alone keeps in step.');
    }
    const modelId = await modelIdOfChoice(caller, weightsDirOf(MODELS), options.models);
    // Changes that come from the server have no actor here.
    const store = caller.as('device');
    let done = { sent: 0, taken: 0 };
    try {
      const { keepImages } = (await openSettings(join(options.data, 'settings.json'))).current;
      const dropSentImages = () => keepImages === 'until-synced';
      const appliance = { store, modelId: () => modelId, version: VERSION, dropSentImages };
      const { signal } = new AbortController();
      const following = watchPolicies();
      let pollSeconds: number;
      do {
        const before = done;
        membership = await joined(store);
        pollSeconds = await exchange(appliance, membership, signal, (progress) => {
          done = { sent: before.sent + progress.sent, taken: before.taken + progress.taken };
          onProgress(`${done.sent} sent, ${done.taken} taken, ${progress.waiting} wait`);
        });
        following(pollSeconds);
        // Once more where the server just changed its policy, or turned out to have been set back.
      } while (pollSeconds === 0 || (await new Replica(store).countPending()) > 0);
    } catch (error) {
      if (!(await hasLeft(store, membership))) await noteFailure(store, toErrorBody(error).code);
      throw error;
    }
    if (!(await hasLeft(store, membership))) await noteSuccess(store);
    const { queue, held, parked, conflicts } = await describeSync(store, { state: 'idle', progress: null });
    const counts = { queue, held, parked: parked.length, conflicts: conflicts.length };
    return {
      json: { sent: done.sent, taken: done.taken, ...counts },
      text: `In step: ${done.sent} sent, ${done.taken} taken.${attention(counts)}`,
    };
  });
}

/** Nothing is sent or taken by itself until resumed; `sync now` goes on working. */
export async function setPaused(isPaused: boolean, options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    await joined(store);
    await pause(store, isPaused);
    return { json: { paused: isPaused }, text: isPaused ? 'Paused.' : 'Resumed.' };
  });
}

export async function syncRetry(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    await joined(store);
    const replica = new Replica(store);
    const { length } = await replica.parked();
    await replica.retryParked();
    const text =
      length === 0 ? 'Nothing was refused.' : `${changes(length)} had been refused and will be tried again.`;
    return { json: { parked: length }, text };
  });
}

/** Remove the people that the server wants removed. When they are many, the appliance waits for this consent. */
export async function syncConfirmRemovals(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    await joined(store);
    const removed = await new Replica(store).confirmRemovals('command-line');
    await store.scrub();
    return {
      json: { removed },
      text: removed === 0 ? 'Nobody waited to be removed.' : `${removed} removed.`,
    };
  });
}

export async function syncConflicts(options: OfAccount): Promise<Answer> {
  return await withStore(options, async (store) => {
    const accountId = await accountOf(store, options.account);
    const conflicts =
      accountId === null ? await new Replica(store).conflicts() : await new Hub(store).conflicts(accountId);
    const people = await peopleOf(store, accountId ?? LOCAL_ACCOUNT, conflicts);
    return {
      json: { conflicts, people },
      text:
        conflicts.length === 0
          ? 'There are no conflicts.'
          : [...conflicts.map((each) => conflictText(each, people)), howToDecide(options.account)].join('\n'),
    };
  });
}

export async function syncResolve(
  conflictId: string,
  resolution: string,
  options: OfAccount,
): Promise<Answer> {
  const chosen = Resolution.safeParse(resolution);
  if (!chosen.success) throw new LintelError('usage', `A resolution is ${Resolution.options.join(', ')}.`);
  return await withStore(options, async (store) => {
    const accountId = await accountOf(store, options.account);
    if (accountId === null) await new Replica(store).resolve(conflictId, chosen.data);
    else await new Hub(store).resolve(accountId, conflictId, chosen.data, 'command-line');
    return {
      json: { conflictId, resolution: chosen.data },
      text: accountId === null ? 'Decided; the server will be told.' : 'Decided.',
    };
  });
}

/** @throws LintelError `usage` */
function originOf(server: string): string {
  const url = URL.parse(server);
  // Nothing that was typed is left out silently.
  if (url === null || !/^https?:$/.test(url.protocol) || url.href !== `${url.origin}/`) {
    throw new LintelError('usage', 'A server is named by its address, such as https://lintel.example.org.');
  }
  return url.origin;
}

const openly = (origin: string): string =>
  origin.startsWith('https:')
    ? ''
    : '\nBeware: over plain http, anybody who listens learns the key. Use https.';

/** @throws LintelError `sync-not-joined` */
async function joined(store: SqlStore): Promise<Membership> {
  const membership = await membershipOf(store);
  if (membership === null) throw new LintelError('sync-not-joined');
  return membership;
}

/** Null at an appliance. @throws LintelError `account-not-found`; `usage` at a server where none is named */
async function accountOf(store: SqlStore, account: string | undefined): Promise<string | null> {
  const accounts = new Accounts(store);
  if (account !== undefined) return (await accounts.find(account)).accountId;
  if ((await accounts.list()).length === 0) return null;
  throw new LintelError('usage', 'This is the store of a server: name an account with --account.');
}

/** The id by which a Lintel server knows the appliance, or null. */
const idOf = (membership: Membership): string | null =>
  membership.mode === 'feed' ? membership.deviceId : null;

function revokeToo(former: Membership | null): string {
  if (former === null || idOf(former) === null) return '';
  return `\nAt ${former.origin}, revoke what it was there: lintel device revoke ${idOf(former)}`;
}

const STATES: Readonly<Record<SyncStatus['state'], string>> = {
  off: 'no server joined',
  idle: 'in step',
  working: 'working',
  waiting: 'the last try failed',
  paused: 'paused',
  metered: 'waits for a network that does not cost by volume',
  revoked: 'revoked by the server',
};

const ACCESS: Readonly<Record<AccessSource, string>> = {
  own: 'its own',
  server: 'of the server',
  unreadable: 'of the server, and this version cannot read them: nobody passes',
};

const EVENTS: Readonly<Record<DevicePolicy['events'], string>> = {
  none: 'the server is told none',
  'without-people': 'the server is told, but not who it was',
  'with-people': 'the server is told, and who it was',
};

function statusLines(status: SyncStatus): string[] {
  const { server, state, queue, lastSuccess, nextTry, error, held, parked, conflicts } = status;
  return [
    `Server:       ${server === null ? '-' : `${server.origin} (${server.mode}), as ${server.deviceId ?? 'a client'}`}`,
    `State:        ${state === 'idle' && queue > 0 ? 'changes wait' : STATES[state]}`,
    `Queue:        ${queue}`,
    `Last success: ${lastSuccess ?? '-'}`,
    `Next try:     ${nextTry ?? '-'}`,
    `Error:        ${error === null ? '-' : reason(error)}`,
    ...(held === 0 ? [] : [`To remove:    ${held} people; agree by lintel sync confirm-removals`]),
    ...(server === null
      ? []
      : [`Access rules: ${ACCESS[server.access]}`, `Events:       ${EVENTS[server.events]}`]),
    `Conflicts:    ${conflicts.length}${conflicts.length === 0 ? '' : '; lintel sync conflicts lists them'}`,
    `Parked:       ${parked.length}${parked.length === 0 ? '' : '; send them again by lintel sync retry'}`,
    ...(parked.length === 0
      ? []
      : [
          table(
            ['Number', 'Change', 'Collection', 'Face', 'Why refused'],
            parked.map((each) => [each.number, each.kind, each.collectionId, each.faceId, reason(each.code)]),
          ),
        ]),
  ];
}

function conflictText(conflict: Conflict, people: readonly ConflictPerson[]): string {
  const { conflictId, kind, collectionId, externalKey, confidence } = conflict;
  const what =
    kind === 'external-key'
      ? `both are to have the external key ${externalKey ?? ''}`
      : `they look alike (confidence ${(confidence ?? 0).toFixed(1)})`;
  const who = (faceId: string): string => {
    const person = people.find((each) => each.faceId === faceId);
    const { name, access, consent } = person?.metadata ?? {};
    const words = [
      name,
      person?.externalKey,
      faceId,
      person && `enrolled ${person.createdAt}`,
      ...(access ? describedAccess(access) : []),
      consent && `Consent: ${consent.version}`,
    ];
    return oneLine(words.filter(Boolean).join(', '));
  };
  return [
    `${conflictId} in ${collectionId}: ${what}`,
    `  first:  ${who(conflict.firstFaceId)}`,
    `  second: ${who(conflict.secondFaceId)}`,
  ].join('\n');
}

/** What a decision does about one key for two people, and about two faces that look alike. */
const DECISIONS: Readonly<Record<Resolution, readonly [ofKey: string, ofLikeness: string]>> = {
  'keep-first': ['the first has the key', 'they are two people'],
  'keep-second': ['the second has the key', 'they are two people'],
  both: ['both have the key', 'they are two people'],
  'same-person': ['the first remains, and passes where it did; the other is deleted', 'the same'],
};

const howToDecide = (account: string | undefined): string =>
  [
    `Decide each: lintel sync resolve CONFLICT DECISION${account === undefined ? '' : ` --account ${oneLine(account)}`}`,
    table(
      ['Decision', 'Of a key', 'Of people who look alike'],
      Resolution.options.map((each) => [each, ...DECISIONS[each]]),
    ),
  ].join('\n');

/** The text of a code, and the code; for a code of a newer server, the code alone. */
function reason(code: string): string {
  const known = Object.entries(ERRORS).find(([name]) => name === code);
  return known === undefined ? oneLine(code) : `${known[1].message} [${code}]`;
}

const changes = (count: number): string => (count === 1 ? '1 change' : `${count} changes`);

const attention = ({ held, parked, conflicts }: Record<'held' | 'parked' | 'conflicts', number>): string =>
  [
    held > 0 && ` ${held} people wait for you to agree that they are removed: lintel sync confirm-removals.`,
    parked > 0 && ` Refused by the server: ${parked}; lintel sync status says why.`,
    conflicts > 0 && ` Conflicts: ${conflicts}; lintel sync conflicts lists them.`,
  ]
    .filter(Boolean)
    .join('');
