import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { LintelError, toErrorBody, type Resolution, type SyncStatus } from '#contract';
import type { Store } from '#core/store';
import type { Log } from '../log.ts';
import { backoffMs } from './backoff.ts';
import { exchange, type Progress } from './exchange.ts';
import { connect, greet, type Fetch } from './http-transport.ts';
import { markRevoked, membershipOf, takePolicy, type Membership } from './membership.ts';
import { isMetered } from './metered.ts';
import { readRunState, writeRunState } from './run-state.ts';

/** After each piece of work while somebody is being recognised: that goes before. */
const REST_MS = 20;

/** How often to look whether something waits to be told. */
const LOOK_MS = 1_000;

export interface SyncOptions {
  readonly store: Store;
  /** The appliance's embedding model. */
  readonly modelId: () => string;
  readonly version: string;
  /** Whether to synchronise over networks that cost by volume. */
  readonly overMetered: () => boolean;
  /** Whether somebody is being recognised. */
  readonly isBusy?: () => boolean;
  readonly log: Log;
  /** Something of the status changed. */
  readonly onChange?: () => void;
  readonly fetch?: Fetch;
}

/** Keeps an appliance in step with its server, in the background. */
export interface SyncService {
  readonly state: SyncStatus['state'];
  status(): Promise<SyncStatus>;
  /** Try at once, whatever the last failure. @returns when that exchange has ended, well or not */
  now(): Promise<void>;
  /** @throws `conflict-not-found` */
  resolve(conflictId: string, resolution: Resolution): Promise<void>;
  /** Send what was refused once more. */
  retryParked(): Promise<void>;
  /** Interrupts what is under way; it goes on after the next start. */
  close(): Promise<void>;
}

/** Starts to keep in step with whatever server the appliance has joined or will join. */
export function startSync(options: SyncOptions): SyncService {
  const { store, log, onChange = () => {} } = options;
  const ending = new AbortController();
  /** Those who asked for an exchange now, and what tells the loop. */
  const asked: PromiseWithResolvers<void>[] = [];
  let wake = Promise.withResolvers<void>();
  let state: SyncStatus['state'] = 'off';
  let progress: Progress | null = null;
  let failures = 0;
  /** Monotonic: the wall clock may jump. */
  let dueMs = 0;

  const setState = (next: SyncStatus['state']): void => {
    if (state === next) return;
    state = next;
    onChange();
  };

  const attempt = async (membership: Membership): Promise<void> => {
    setState('working');
    try {
      const next = await exchangeOnce(options, membership, ending.signal, (each) => {
        progress = each;
        onChange();
      });
      failures = 0;
      dueMs = performance.now() + next.policy.pollSeconds * 1000;
      await writeRunState(store, { lastSuccess: new Date().toISOString(), error: null, nextTry: null });
      setState('idle');
    } catch (error) {
      if (ending.signal.aborted) return;
      const { code } = toErrorBody(error);
      failures++;
      const wait = backoffMs(failures);
      dueMs = performance.now() + wait;
      log.warn({ code, failures, err: code === 'internal' ? error : undefined }, 'synchronisation failed');
      const nextTry = new Date(Date.now() + wait).toISOString();
      await writeRunState(store, { ...(await readRunState(store)), error: code, nextTry });
      setState(code === 'device-revoked' ? 'revoked' : 'waiting');
    } finally {
      progress = null;
      onChange();
    }
  };

  /** One look at what is to be done. @param isForced whether to try whatever the time */
  const look = async (isForced: boolean): Promise<void> => {
    const membership = await membershipOf(store);
    if (membership === null) return setState('off');
    if (membership.revoked) return setState('revoked');
    const { isPaused } = await readRunState(store);
    if (isPaused && !isForced) return setState('paused');
    const isDue = performance.now() >= dueMs;
    const isWaiting = failures === 0 && (await store.replica.queueLength()) > 0;
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
    get state() {
      return state;
    },
    status: async () => {
      const membership = await membershipOf(store);
      const { lastSuccess, error, nextTry } = await readRunState(store);
      return {
        server:
          membership === null
            ? null
            : { origin: membership.origin, mode: membership.mode, deviceId: membership.deviceId },
        state,
        queue: await store.replica.queueLength(),
        lastSuccess,
        nextTry,
        error,
        parked: await store.replica.parked(),
        conflicts: await store.replica.conflicts(),
        progress,
      };
    },
    now: () => {
      const done = Promise.withResolvers<void>();
      asked.push(done);
      wake.resolve();
      return done.promise;
    },
    resolve: async (conflictId, resolution) => {
      await store.replica.resolve(conflictId, resolution);
      onChange();
    },
    retryParked: async () => {
      await store.replica.retryParked();
      onChange();
    },
    close: async () => {
      ending.abort();
      wake.resolve();
      await looping;
    },
  };
}

/**
 * Greet the server of an appliance and bring the appliance in step with it.
 * @returns the membership with the server's newest policy
 * @throws as {@link exchange}
 */
export async function exchangeOnce(
  {
    store,
    modelId,
    version,
    fetch,
    isBusy = () => false,
  }: Pick<SyncOptions, 'store' | 'modelId' | 'version' | 'fetch' | 'isBusy'>,
  membership: Membership,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Membership> {
  const { origin, deviceKey, templateSecret, policy } = membership;
  const address = { origin, signal, ...(fetch !== undefined && { fetch }) };
  try {
    const hello = await greet(address);
    if (hello === null) throw new LintelError('server-unreachable', '(It is not a Lintel server.)');
    const transport = connect(address, deviceKey, hello);
    const signed = await exchange({
      store,
      transport,
      modelId: modelId(),
      secret: Buffer.from(templateSecret, 'base64'),
      carried: policy.collections,
      sendImages: policy.sendImages,
      version,
      signal,
      onProgress,
      rest: () => (isBusy() ? sleep(REST_MS) : breathe()),
    });
    return await takePolicy(store, membership, signed);
  } catch (error) {
    if (toErrorBody(error).code === 'device-revoked') await markRevoked(store, membership);
    throw error;
  }
}
