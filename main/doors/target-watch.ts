import type { EventTarget } from '#contract';
import type { EventTargetStore } from '#core/store';
import type { Log } from '../process/index.ts';
import type { MqttTeller } from './mqtt-teller.ts';
import type { TargetFaults } from './target-faults.ts';
import { tryTarget } from './try-target.ts';

/** How often it is looked who is to be told, in milliseconds: the command line adds and removes them beside the appliance. */
const LOOK_MS = 10_000;
/** Looks between two tries of who is not reached: doubled each time, up to a quarter of an hour. */
const REST = { first: 2, longest: 90 } as const;

export interface WatchOptions {
  readonly targets: Pick<EventTargetStore, 'list' | 'reach'>;
  readonly brokers: MqttTeller;
  readonly faults: TargetFaults;
  /** Told when {@link TargetWatch.isFailing} has changed. */
  readonly onChange: () => void;
  readonly log: Log;
  /** By default {@link LOOK_MS}. */
  readonly lookEveryMs?: number | undefined;
}

export interface TargetWatch {
  /** Whether one at least is not reached, or does not take what it is told. */
  isFailing(): boolean;
  end(): Promise<void>;
}

/** A target since it was first seen. */
interface Seen {
  readonly url: string;
  isTried: boolean;
  rest: number;
  /** Looks until the next try. */
  left: number;
}

/**
 * Tries who is to be told of events as soon as they are set, so that what was set up wrong is known before anything happens, and
 * again while it fails. Brokers stay connected, so that they know of the appliance. Who has yet to take something is tried by that alone.
 */
export function watchTargets(options: WatchOptions): TargetWatch {
  const { targets, brokers, faults, onChange, log, lookEveryMs = LOOK_MS } = options;
  /** By their ids. */
  const seen = new Map<string, Seen>();
  let listed: readonly EventTarget[] = [];
  let wasFailing = false;
  let isEnding = false;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    listed = await targets.list();
    for (const [targetId, { url }] of seen) {
      if (listed.some((target) => target.targetId === targetId)) continue;
      seen.delete(targetId);
      faults.forget(url);
      // Perhaps it was added again.
      if (!listed.some((target) => target.url === url)) brokers.leave(url);
    }
    for (const target of listed) await lookAt(target);
    tellChange();
  }

  const isFailing = (): boolean =>
    listed.some(({ url, attempts, waiting }) => faults.has(url) || (attempts > 0 && waiting > 0));

  function tellChange(): void {
    if (isFailing() === wasFailing) return;
    wasFailing = !wasFailing;
    onChange();
  }

  async function lookAt({ targetId, url, waiting }: EventTarget): Promise<void> {
    const found = await targets.reach(url);
    if (found === null || isEnding) return;
    const target = seen.get(targetId) ?? { url, isTried: false, rest: REST.first, left: 0 };
    seen.set(targetId, target);
    if (found.options.kind === 'mqtt') {
      brokers.reach(url, found.options, found.secret);
      return;
    }
    if (waiting > 0 || (target.isTried && !faults.has(url))) return;
    if (target.left > 0) {
      target.left -= 1;
      return;
    }
    target.isTried = true;
    target.left = target.rest;
    target.rest = Math.min(2 * target.rest, REST.longest);
    void tried(url, tryTarget(url, found.options, found.secret));
  }

  async function tried(url: string, trying: Promise<void>): Promise<void> {
    try {
      await trying;
      faults.works(url);
    } catch (error) {
      if (isEnding) return;
      faults.failed(url, error);
    }
    tellChange();
  }

  async function run(): Promise<void> {
    await look().catch((error: unknown) =>
      log.error({ err: error }, 'who is told of events could not be read'),
    );
    if (!isEnding) timer = setTimeout(() => void (looking = run()), lookEveryMs).unref();
  }
  let looking = run();

  return {
    isFailing,
    end: async () => {
      isEnding = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
