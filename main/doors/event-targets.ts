import { createPoster } from '#core/outbound';
import type { EventTargetStore } from '#core/store';
import { Deliverer, signedEvent } from '#core/webhooks';
import type { Log } from '../process/index.ts';
import type { EventLog } from './event-log.ts';
import { mail } from './mail-teller.ts';
import { MqttTeller } from './mqtt-teller.ts';

/** What a broker or a mail server that has taken an event counts as. */
const TAKEN = 200;

/** Whether an address may be told of events over the internet, by https; with leave, anywhere. */
export const acceptsTarget = (url: string, allowPrivate: boolean): boolean =>
  createPoster({ isPrivateAllowed: allowPrivate }).accepts(url);

/** Delivers what each target has yet to take: at least once, in order, each target by itself. */
export function createTeller(
  targets: EventTargetStore,
  log: Log,
  { now = () => new Date(), brokers = new MqttTeller() } = {},
): Deliverer {
  const strict = createPoster({ isPrivateAllowed: false });
  const anywhere = createPoster({ isPrivateAllowed: true });
  return new Deliverer({
    webhooks: targets,
    sign: signedEvent,
    post: async (url, request, signal) => {
      const found = await targets.reach(url);
      if (found === null) return 0;
      const { options, secret } = found;
      if (options.kind === 'mqtt') {
        await brokers.tell(url, options, secret, request.body);
        return TAKEN;
      }
      if (options.kind === 'smtp') {
        const sent = await mail(url, options, secret, request.body, signal);
        if (sent === 'refused') log.error('a mail server knows no such host, who was not told');
        return TAKEN;
      }
      return await (options.allowPrivate ? anywhere : strict).post(url, request, signal);
    },
    onError: (error) => log.error({ err: error }, 'events could not be told'),
    now,
  });
}

/**
 * Tells who is to hear of events, in the background, and again until they have taken them: also what a former process has
 * not told. @returns ends it
 */
export function startTelling(
  targets: EventTargetStore,
  events: Pick<EventLog, 'listen'>,
  log: Log,
): () => Promise<void> {
  const brokers = new MqttTeller();
  const teller = createTeller(targets, log, { brokers });
  const unlisten = events.listen(() => teller.wake());
  teller.wake();
  const connected = connectAll(targets, brokers).catch((error: unknown) =>
    log.error({ err: error }, 'brokers could not be read'),
  );
  return async () => {
    unlisten();
    await teller.close();
    await connected;
    await brokers.end();
  };
}

/** Brokers learn that the appliance is there before anything happens. */
async function connectAll(targets: EventTargetStore, brokers: MqttTeller): Promise<void> {
  for (const { url } of await targets.list()) {
    const found = await targets.reach(url);
    if (found?.options.kind === 'mqtt') brokers.reach(url, found.options, found.secret);
  }
}
