import { isDeepStrictEqual } from 'node:util';
import type { EventTargetOptions, MqttBroker } from '#contract';
import { discoveryOf, messagesOf, OFFLINE, ONLINE, statusTopic } from './home-assistant.ts';
import { MqttLink } from './mqtt-link.ts';

type Options = Extract<EventTargetOptions, { kind: 'mqtt' }>;

/** What is heard of the connections. */
interface Heard {
  works(url: string): void;
  failed(url: string, error: Error): void;
}

/** The version of MQTT that every broker speaks. */
export const EVENTS_PROTOCOL = 4;
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
  readonly #heard: Heard;

  constructor(heard: Heard) {
    this.#heard = heard;
  }

  /** Connects, says that the appliance is there, and tells Home Assistant of it. */
  reach(url: string, options: Options, secret: string): MqttLink {
    const known = this.#links.get(url);
    if (known && known.secret === secret && isDeepStrictEqual(known.options, options)) return known.link;
    // It was removed, and added again with another password or topic.
    if (known) this.leave(url);
    const link: MqttLink = new MqttLink({
      broker: brokerOf(url, options, secret),
      protocolVersion: EVENTS_PROTOCOL,
      will: { topic: statusTopic(options), payload: OFFLINE, retain: true },
      onFault: (error) => this.#heard.failed(url, error),
      onConnect: () => {
        this.#heard.works(url);
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

  /** Says that the appliance is there no more, and ends the connection. */
  leave(url: string): void {
    const known = this.#links.get(url);
    if (known === undefined) return;
    this.#links.delete(url);
    const left = leave(known).finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
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

export const brokerOf = (url: string, { username, ca }: Options, secret: string): MqttBroker => ({
  url,
  username,
  password: secret === '' ? null : secret,
  ca,
});

async function leave({ link, options }: Reached): Promise<void> {
  // Of a connection that ends well, the broker publishes no will.
  const said = link.publish(statusTopic(options), OFFLINE, { retain: true, limitMs: FAREWELL_MS });
  await said.catch(() => undefined);
  await link.end();
}
