import type { IClientOptions, MqttClient } from 'mqtt';
import type { MqttBroker } from '#contract';
import { UnansweredError } from './actuator.ts';

/** Seconds without a sign of life after half as many more of which the broker takes the connection for dead. */
const KEEPALIVE_S = 5;
/** Milliseconds between two tries to connect. */
const AGAIN_MS = 1_000;
const CONNECT_MS = 5_000;
/** Milliseconds that a broker has for an orderly end of the connection. */
const FAREWELL_MS = 1_000;
/** Of MQTT 5: the broker has taken a message that no client is subscribed to. */
const NO_MATCHING_SUBSCRIBERS = 0x10;
/** Reasons from here on are refusals. */
const FIRST_REFUSAL = 0x80;
const ENDED = 'it ended the connection';

export interface LinkOptions {
  readonly broker: MqttBroker;
  /** 4 is MQTT 3.1.1, in which a broker says neither that a message came to nobody nor that it refused it, and keeps it for any time. */
  readonly protocolVersion: 4 | 5;
  /** What the broker publishes once it hears no more of this process. */
  readonly will: { readonly topic: string; readonly payload: string; readonly retain: boolean };
  readonly topics?: readonly string[];
  /** With whether the broker had kept the message, from before the connection. */
  readonly onMessage?: (topic: string, payload: string, wasKept: boolean) => void;
  /** Whether all `topics` are heard: told of each connection, and of its end. */
  readonly onSubscribed?: (isSubscribed: boolean) => void;
  /** Called with each new connection. */
  readonly onConnect?: () => void;
  /** Called with each try to connect that failed. */
  readonly onFault?: (error: Error) => void;
}

const connectionTo = (
  { username, password, ca }: MqttBroker,
  protocolVersion: LinkOptions['protocolVersion'],
): IClientOptions => ({
  protocolVersion,
  reconnectPeriod: 0,
  connectTimeout: CONNECT_MS,
  keepalive: KEEPALIVE_S,
  clean: true,
  ...(username !== null && { username }),
  ...(password !== null && { password }),
  ...(ca !== null && { ca }),
});

/** Signs in at a broker once, and leaves. @throws Error why it did not let it in */
export async function tryBroker(
  broker: MqttBroker,
  protocolVersion: LinkOptions['protocolVersion'],
): Promise<void> {
  const { connect } = await import('mqtt');
  const client = connect(broker.url, connectionTo(broker, protocolVersion));
  const { promise: connected, resolve, reject } = Promise.withResolvers<unknown>();
  client.on('connect', resolve);
  client.on('close', () => reject(new Error(ENDED)));
  // It may tell more than once of the same fault.
  client.on('error', reject);
  try {
    await connected;
  } finally {
    client.end(true);
  }
}

/**
 * A connection to a broker that comes back by itself. Nothing waits in it: what is not taken within its limit is never sent
 * later, for a door must not open when the visitor is gone.
 */
export class MqttLink {
  readonly #options: LinkOptions;
  #client: MqttClient | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isEnded = false;
  /** Called once there is a connection. */
  readonly #waiting = new Set<() => void>();
  /** Ids of messages that came to nobody, until {@link publish} says so: MQTT.js takes them for delivered. */
  readonly #unheard = new Set<number>();
  /** Why there is no connection. */
  #problem = '';

  constructor(options: LinkOptions) {
    this.#options = options;
    void this.#connect();
  }

  /**
   * Resolves once the broker has taken it.
   * @param options with `expiryS`, seconds after which a client that was away does not get it any more (MQTT 5)
   * @throws Error where there is no connection within `limitMs`, where the broker refuses the message, and where it says that nobody
   *   is subscribed; {@link UnansweredError} where it does not say within `limitMs` that it has taken the message
   */
  async publish(
    topic: string,
    payload: string,
    { retain = false, expiryS, limitMs }: { retain?: boolean; expiryS?: number; limitMs: number },
  ): Promise<void> {
    const until = performance.now() + limitMs;
    const client = await this.#connected(limitMs);
    const properties = expiryS === undefined ? {} : { messageExpiryInterval: expiryS };
    const answer = client.publishAsync(topic, payload, { qos: 1, retain, properties }).then(
      (packet) => (this.#unheard.delete(packet?.messageId ?? 0) ? 'unheard' : 'taken'),
      (error: unknown) => (isRefusal(error) ? 'refused' : 'lost'),
    );
    const late = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => late.resolve('late'), Math.max(0, until - performance.now()));
    const said = await Promise.race([answer, late.promise]);
    clearTimeout(timer);
    if (said === 'taken') return;
    if (said === 'unheard') throw new Error('nobody is subscribed to the topic');
    if (said === 'refused') throw new Error('the broker refused it');
    // With what it would still send. The broker misses its farewell, and publishes the will.
    this.#drop(client);
    throw new UnansweredError('the broker did not say that it took it');
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    // A broker that hangs answers nothing, and the end of the connection waits for it.
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, FAREWELL_MS);
    await Promise.race([client.endAsync(!client.connected), late.promise]);
    clearTimeout(timer);
    client.stream.destroy();
  }

  async #connect(): Promise<void> {
    // Few appliances have a broker, and each start would wait for what all of it takes to load.
    const { connect } = await import('mqtt');
    if (this.#isEnded) return;
    const {
      broker,
      protocolVersion,
      will,
      topics = [],
      onMessage,
      onSubscribed,
      onConnect,
      onFault,
    } = this.#options;
    const options: IClientOptions = {
      ...connectionTo(broker, protocolVersion),
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: will.retain },
    };
    const client = connect(broker.url, options);
    this.#client = client;
    this.#unheard.clear();
    /** Why this try fails; null: it did not. */
    let fault: Error | null = new Error(ENDED);
    client.on('error', (error) => {
      this.#problem = `: ${error.message}`;
      if (fault !== null) fault = error;
    });
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback' && packet.reasonCode === NO_MATCHING_SUBSCRIBERS)
        this.#unheard.add(packet.messageId ?? 0);
    });
    client.on('message', (topic, payload, { retain }) => {
      // A sensor says a word, not a book.
      if (payload.length <= 1_024) onMessage?.(topic, payload.toString('utf8'), retain);
    });
    client.on('connect', () => {
      // The broker may refuse it.
      if (topics.length > 0) client.subscribe([...topics], { qos: 1 }, (error) => onSubscribed?.(!error));
      this.#problem = '';
      fault = null;
      onConnect?.();
      for (const tell of this.#waiting) tell();
    });
    client.on('close', () => {
      if (fault !== null && this.#client === client) onFault?.(fault);
      this.#drop(client);
    });
  }

  #drop(client: MqttClient): void {
    if (this.#client !== client) return;
    this.#client = null;
    this.#options.onSubscribed?.(false);
    client.end(true);
    if (!this.#isEnded) this.#timer = setTimeout(() => void this.#connect(), AGAIN_MS).unref();
  }

  async #connected(limitMs: number): Promise<MqttClient> {
    if (this.#client?.connected !== true) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, limitMs);
      this.#waiting.add(resolve);
      await promise;
      this.#waiting.delete(resolve);
      clearTimeout(timer);
    }
    if (this.#client?.connected !== true)
      throw new Error(`there is no connection to the broker${this.#problem}`);
    return this.#client;
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' && error.code >= FIRST_REFUSAL;
