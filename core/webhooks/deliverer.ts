import type { Delivery, DeliveryQueue, WaitingAddress } from '#core/store';
import { signed, type SignedRequest } from './signed.ts';

/**
 * Posts to an address.
 * @param signal that ends it early
 * @returns the status that it answered with @throws whatever keeps it from an answer
 */
export type Post = (url: string, request: SignedRequest, signal?: AbortSignal) => Promise<number>;

export interface DelivererOptions {
  readonly webhooks: DeliveryQueue;
  readonly post: Post;
  /** By default {@link signed}. */
  readonly sign?: typeof signed;
  /** Of several processes on a store one delivers; by default this. */
  readonly mayDeliver?: () => boolean;
  /** What the store threw: its disk may be full, and the next time may be better. */
  readonly onError: (error: unknown) => void;
  readonly now?: () => Date;
}

/** An address that is being served. */
interface Serving {
  readonly account: string;
  /** False when the store failed. */
  readonly done: Promise<boolean>;
}

/** Events on their way to one address at once, each of another subject. */
const PER_ADDRESS = 4;
/** Addresses served at once. One that answers, but slowly, is never failing, and there may be more of these than places. */
const ADDRESSES = 64;
/** Of these, addresses of one account. */
const PER_ACCOUNT = 8;
/** Addresses whose last turn is remembered; those before them count as if they had never had one. */
const TURNS = 10_000;
/** The longest rest, in milliseconds: another process may write events too. */
const REST = 10_000;

/**
 * Delivers what lies in the outbox: at least once, what is about one subject in order, and each address by itself, so that
 * one that hangs holds up no other. Where more addresses wait than there are places, they take turns.
 */
export class Deliverer {
  readonly #options: Required<DelivererOptions>;
  /** Addresses that are being served. */
  readonly #serving = new Map<number, Serving>();
  /** When each address had its last turn, in an order of turns; the latest last. */
  readonly #turns = new Map<number, number>();
  #turn = 0;
  /** Whether an address waited for a place when it last looked. */
  #isCrowded = false;
  #timer: NodeJS.Timeout | null = null;
  readonly #closing = new AbortController();

  constructor(options: DelivererOptions) {
    this.#options = { now: () => new Date(), sign: signed, mayDeliver: () => true, ...options };
  }

  /** Look into the outbox now, and again whenever something is due. */
  wake(): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    // What comes while it looks is looked for again at once.
    this.#timer = setTimeout(() => void this.#look(), 0).unref();
  }

  /** Deliver all that is due at this moment; by a clock of one's own in place of {@link wake}. */
  async run(): Promise<void> {
    for (;;) {
      const begun = await this.#begin();
      const areDone = await Promise.all(begun);
      if (this.#isClosed || !areDone.some(Boolean)) return;
    }
  }

  /** Begins nothing more, and breaks off what is under way: it is sent again after the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await Promise.all(this.#serving.values().map(({ done }) => done));
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #look(): Promise<void> {
    const { webhooks, now, onError } = this.#options;
    let rest = REST;
    try {
      for (const served of await this.#begin()) {
        // Another may take its place; where the store failed, after a rest.
        void served.then((isDone) => isDone && this.wake());
      }
      const next = await webhooks.next();
      // What is due already is served, or waits for a place.
      if (next !== null && next > now().getTime()) rest = Math.min(REST, next - now().getTime());
    } catch (error) {
      onError(error);
    }
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), rest).unref();
  }

  /** Serve addresses that something is due at. @returns when each is done */
  async #begin(): Promise<Promise<boolean>[]> {
    const { webhooks, now, mayDeliver } = this.#options;
    if (!mayDeliver()) return [];
    const waiting = await webhooks.waiting(now());
    const free = waiting.filter(({ webhook }) => !this.#serving.has(webhook));
    // Who was served longest ago comes first; of those who never were, who has waited for longest.
    const inTurn = free.toSorted((a, b) => this.#lastTurn(a) - this.#lastTurn(b));
    const begun = inTurn.flatMap((address) => (this.#hasPlace(address) ? [this.#serve(address)] : []));
    this.#isCrowded = begun.length < free.length;
    return begun;
  }

  #lastTurn({ webhook }: WaitingAddress): number {
    return this.#turns.get(webhook) ?? 0;
  }

  #hasPlace({ account }: WaitingAddress): boolean {
    const ofAccount = this.#serving.values().filter((each) => each.account === account);
    return this.#serving.size < ADDRESSES && [...ofAccount].length < PER_ACCOUNT;
  }

  /** @returns false when the store failed */
  #serve({ webhook, account }: WaitingAddress): Promise<boolean> {
    this.#turns.delete(webhook);
    this.#turns.set(webhook, ++this.#turn);
    if (this.#turns.size > TURNS) this.#turns.delete(this.#turns.keys().next().value!);
    const done = this.#deliverSome(webhook)
      .then(() => true)
      .catch((error: unknown) => {
        this.#options.onError(error);
        return false;
      })
      .finally(() => this.#serving.delete(webhook));
    this.#serving.set(webhook, { account, done });
    return done;
  }

  /** All that is due at an address; where others wait for its place, no more than is sent at once. */
  async #deliverSome(webhook: number): Promise<void> {
    const { webhooks, now } = this.#options;
    while (!this.#isClosed) {
      const due = await webhooks.due(webhook, now(), PER_ADDRESS);
      if (due.length === 0) return;
      await Promise.all(due.map((delivery) => this.#deliver(delivery)));
      if (this.#isCrowded) return;
    }
  }

  async #deliver({ id, url, secret, body }: Delivery): Promise<void> {
    const { webhooks, post, sign, now } = this.#options;
    // Whatever keeps it from an answer, it is sent again.
    const status = await post(url, sign(secret, body, now()), this.#closing.signal).catch(() => 0);
    if (status >= 200 && status < 300) await webhooks.delivered(id);
    else if (!this.#isClosed) await webhooks.refused(id, now());
  }
}
