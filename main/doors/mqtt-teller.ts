import { isDeepStrictEqual } from 'node:util';
import type { EventTargetOptions } from '#contract';
import { discoveryOf, messagesOf, OFFLINE, ONLINE, statusTopic } from './home-assistant.ts';
import { MqttLink } from './mqtt-link.ts';

type Options = Extract<EventTargetOptions, { kind: 'mqtt' }>;

const LIMIT_MS = 5_000;
const FAREWELL_MS = 1_000;

/** A connection, and how it was asked for. */
interface Reached {
  readonly link: MqttLink;
  readonly options: Options;
  readonly secret: string;
}

/** Publishes events at brokers, one connection to each. */
export class MqttTeller {
  readonly #links = new Map<string, Reached>();
  /** Ends of connections that are asked for in another way by now. */
  readonly #leaving = new Set<Promise<void>>();

  /** Connects, says that the appliance is there, and tells Home Assistant of it. */
  reach(url: string, options: Options, secret: string): MqttLink {
    const known = this.#links.get(url);
    if (known && known.secret === secret && isDeepStrictEqual(known.options, options)) return known.link;
    // It was removed, and added again with another password or topic.
    if (known) {
      const left = leave(known).finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
    const { username, ca } = options;
    const link: MqttLink = new MqttLink({
      broker: { url, username, password: secret === '' ? null : secret, ca },
      protocolVersion: 4,
      will: { topic: statusTopic(options), payload: OFFLINE, retain: true },
      onConnect: () => {
        const online = { topic: statusTopic(options), payload: ONLINE, retain: true };
        for (const { topic, payload, retain } of [...discoveryOf(options), online]) {
          // The next connection says it again.
          void link.publish(topic, payload, { retain, limitMs: LIMIT_MS }).catch(() => undefined);
        }
      },
    });
    this.#links.set(url, { link, options, secret });
    return link;
  }

  /** @throws Error when the broker has not taken all of it */
  async tell(url: string, options: Options, secret: string, body: string): Promise<void> {
    const link = this.reach(url, options, secret);
    for (const { topic, payload, retain } of messagesOf(options, body)) {
      await link.publish(topic, payload, { retain, limitMs: LIMIT_MS });
    }
  }

  async end(): Promise<void> {
    await Promise.all([...this.#leaving, ...this.#links.values().map(leave)]);
  }
}

async function leave({ link, options }: Reached): Promise<void> {
  // Of a connection that ends well, the broker publishes no will.
  const said = link.publish(statusTopic(options), OFFLINE, { retain: true, limitMs: FAREWELL_MS });
  await said.catch(() => undefined);
  await link.end();
}
