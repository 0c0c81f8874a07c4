import { setTimeout as sleep } from 'node:timers/promises';
import { toErrorBody, type Actor, type Resolution, type SyncStatus, type SyncSummary } from '#contract';
import { isUnwritable } from '#core/store';
import { Replica } from '#core/sync';
import type { Log } from '../process/index.ts';
import { backoffMs } from './backoff.ts';
import { retryAfter } from './realeyes-calls.ts';
import { exchange, watchPolicies, type ExchangeOptions } from './exchange.ts';
import type { Progress } from './exchange-feed.ts';
import { hasLeft, isRevoked, membershipOf, type FeedMembership, type Membership } from './membership.ts';
import { isMetered } from './metered.ts';
import { noteFailure, noteSuccess, readRunState } from './run-state.ts';
import { describeSync, summariseSync } from './status.ts';

/** Milliseconds between two looks into the outbox. */
const LOOK_MS = 1_000;

const REVOKED =
  'the server revoked this appliance, which sends and takes nothing any more. Join it again by a new code ' +
  '(lintel pair CODE --server URL), or leave the server (lintel unpair)';

export interface SyncOptions extends ExchangeOptions {
  /** Whether to synchronise over networks that cost by volume. */
  readonly overMetered: () => boolean;
  readonly log: Log;
  /** Something of the status changed. */
  readonly onChange?: () => void;
}

/** Keeps an appliance in step with its server, in the background. */
export interface SyncService {
  status(): Promise<SyncStatus>;
  summary(): Promise<SyncSummary>;
  /** Try at once, whatever the last failure. @returns when that exchange has ended, well or not */
  now(): Promise<void>;
  /** @throws `conflict-not-found` */
  resolve(conflictId: string, resolution: Resolution): Promise<void>;
  /** Remove the faces that the server wants removed. @param actor the operator who agreed */
  confirmRemovals(actor: Actor): Promise<void>;
  /** Send what was refused once more. */
  retryParked(): Promise<void>;
  /** Interrupts what is under way; it goes on after the next start. */
  close(): Promise<void>;
}

/** Starts to keep in step with whatever server the appliance has joined or will join. */
export function startSync(options: SyncOptions): SyncService {
  const { store, log, onChange = () => {} } = options;
  const replica = new Replica(store);
  const ending = new AbortController();
  /** Callers of `now` that wait for the next exchange to end. */
  const asked: PromiseWithResolvers<void>[] = [];
  let wake = Promise.withResolvers<void>();
  let state: SyncStatus['state'] = 'off';
  let progress: Progress | null = null;
  let failures = 0;
  let following = watchPolicies();
  /** Monotonic: the wall clock may jump. */
  let dueMs = 0;

  const setState = (next: SyncStatus['state']): void => {
    if (state === next) return;
    state = next;
    onChange();
  };

  /** Another server, or none, has nothing to do with how it went with this one. */
  const startOver = (): void => {
    failures = 0;
    following = watchPolicies();
    dueMs = 0;
  };

  const tellRevoked = ({ origin: server, deviceId, policy }: FeedMembership): void => {
    const people = policy.sealOnRevocation ? 'removed' : 'kept';
    log.error({ code: 'device-revoked', server, deviceId, people }, REVOKED);
  };

  const attempt = async (membership: Membership): Promise<void> => {
    setState('working');
    try {
      const pollSeconds = await exchange(options, membership, ending.signal, (each) => {
        progress = each;
        onChange();
      });
      if (await hasLeft(store, membership)) return startOver();
      following(pollSeconds);
      failures = 0;
      dueMs = performance.now() + pollSeconds * 1000;
      await noteSuccess(store);
      setState('idle');
    } catch (error) {
      if (ending.signal.aborted) return;
      const { code } = toErrorBody(error);
      // The code alone tells of an appliance that joined the same server again by the same API key.
      if (code === 'sync-not-joined' || (await hasLeft(store, membership))) return startOver();
      failures++;
      const wait = Math.max(backoffMs(failures), (retryAfter(error) ?? 0) * 1000);
      dueMs = performance.now() + wait;
      const known = await membershipOf(store);
      // That it is revoked is told once, with what to do.
      if (known === null || !isRevoked(known)) {
        log.warn({ code, failures, err: code === 'internal' ? error : undefined }, 'synchronisation failed');
      }
      await noteFailure(store, code, new Date(Date.now() + wait)).catch((failure: unknown) => {
        if (!isUnwritable(failure)) throw failure;
      });
      setState('waiting');
    } finally {
      progress = null;
      onChange();
    }
  };

  /** One look at what is to be done. @param isForced whether to try whatever the time */
  const look = async (isForced: boolean): Promise<void> => {
    const membership = await membershipOf(store);
    if (membership === null) return setState('off');
    if (membership.mode === 'feed' && membership.revoked) {
      if (state !== 'revoked') tellRevoked(membership);
      return setState('revoked');
    }
    const { isPaused } = await readRunState(store);
    if (isPaused && !isForced) return setState('paused');
    const isDue = performance.now() >= dueMs;
    const isWaiting = failures === 0 && (await replica.countPending()) > 0;
    if (!isForced && !isDue && !isWaiting) return;
    if (!isForced && !options.overMetered() && (await isMetered())) return setState('metered');
    await attempt(membership);
  };

  const loop = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const waiting = asked.splice(0);
      await look(waiting.length > 0).catch((error: unknown) =>
        log.error({ err: error }, 'synchronisation could not begin'),
      );
      for (const { resolve } of waiting) resolve();
      if (asked.length === 0) await Promise.race([sleep(LOOK_MS), wake.promise]);
      wake = Promise.withResolvers();
    }
    for (const { resolve } of asked) resolve();
  };
  const looping = loop();

  return {
    status: () => describeSync(store, { state, progress }),
    summary: () => summariseSync(store, { state, progress }),
    now: () => {
      const done = Promise.withResolvers<void>();
      asked.push(done);
      wake.resolve();
      return done.promise;
    },
    resolve: async (conflictId, resolution) => {
      await replica.resolve(conflictId, resolution);
      onChange();
    },
    confirmRemovals: async (actor) => {
      await replica.confirmRemovals(actor);
      await store.scrub();
      onChange();
    },
    retryParked: async () => {
      await replica.retryParked();
      onChange();
    },
    close: async () => {
      ending.abort();
      wake.resolve();
      await looping;
    },
  };
}
