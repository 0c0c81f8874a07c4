import { createPoster } from '#core/outbound';
import type { EventTargetStore } from '#core/store';
import { Deliverer, signedEvent, type Post } from '#core/webhooks';
import type { Log } from '../process/index.ts';
import type { EventLog } from './event-log.ts';
import { mail } from './mail-teller.ts';
import { MqttTeller } from './mqtt-teller.ts';
import { TargetFaults } from './target-faults.ts';
import { watchTargets, type TargetWatch, type WatchOptions } from './target-watch.ts';

/** What a broker or a mail server that has taken an event counts as. */
const TAKEN = 200;

type Reached = NonNullable<Awaited<ReturnType<EventTargetStore['reach']>>>;

/** Whether an address may be told of events over the internet, by https; with leave, anywhere. */
export const acceptsTarget = (url: string, allowPrivate: boolean): boolean =>
  createPoster({ isPrivateAllowed: allowPrivate }).accepts(url);

/** Delivers what each target has yet to take: at least once, in order, each target by itself. */
export function createTeller(
  targets: EventTargetStore,
  log: Log,
  { now = () => new Date(), faults = new TargetFaults(log), brokers = new MqttTeller(faults) } = {},
): Deliverer {
  const strict = createPoster({ isPrivateAllowed: false });
  const anywhere = createPoster({ isPrivateAllowed: true });
  /** @returns the status, or null for an event of which there was nothing to tell */
  const post = async (
    found: Reached,
    ...[url, request, signal]: Parameters<Post>
  ): Promise<number | null> => {
    const { options, secret } = found;
    if (options.kind === 'mqtt') {
      await brokers.tell(url, options, secret, request.body);
      return TAKEN;
    }
    if (options.kind === 'webhook')
      return await (options.allowPrivate ? anywhere : strict).post(url, request, signal);
    const sent = await mail(url, options, secret, request.body, signal);
    if (sent === 'refused') log.error('a mail server knows no such host, who was not told');
    return sent === 'nothing' ? null : TAKEN;
  };
  return new Deliverer({
    webhooks: targets,
    sign: signedEvent,
    post: async (url, request, signal) => {
      const found = await targets.reach(url);
      if (found === null) return 0;
      try {
        const status = await post(found, url, request, signal);
        if (status === null) return TAKEN;
        if (status >= 200 && status <= 299) faults.works(url);
        else faults.failed(url, new Error(`it answered ${status}`));
        return status;
      } catch (error) {
        if (!signal?.aborted) faults.failed(url, error);
        throw error;
      }
    },
    onError: (error) => log.error({ err: error }, 'events could not be told'),
    now,
  });
}

/**
 * Tells who is to hear of events, in the background, and again until they have taken them: also what a former process has
 * not told. Each is tried as soon as it is there, see {@link watchTargets}.
 */
export function startTelling(
  targets: EventTargetStore,
  events: Pick<EventLog, 'listen'>,
  log: Log,
  { onChange = () => undefined, lookEveryMs }: Partial<Pick<WatchOptions, 'onChange' | 'lookEveryMs'>> = {},
): TargetWatch {
  const faults = new TargetFaults(log);
  const brokers = new MqttTeller(faults);
  const teller = createTeller(targets, log, { faults, brokers });
  const unlisten = events.listen(() => teller.wake());
  teller.wake();
  const watch = watchTargets({ targets, brokers, faults, onChange, log, lookEveryMs });
  return {
    ...watch,
    end: async () => {
      unlisten();
      await teller.close();
      await watch.end();
      await brokers.end();
    },
  };
}
