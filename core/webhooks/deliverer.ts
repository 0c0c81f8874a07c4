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
  /** Most addresses of one account that are served at once; by default as many as there are places. */
  readonly perAccount?: number;
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
/** Addresses whose last turn is remembered; those before them count as if they had never had one. */
const TURNS = 10_000;
/** The longest rest, in milliseconds: another process may write events too. */
const REST = 10_000;

/**
 * Delivers what lies in the outbox: at least once, what is about one subject in order, and each address by itself, so that
 * one that hangs holds up no other. Where more addresses wait than there are places, they take turns: the addresses of one
 * account among themselves where it has as many places as it may have, all addresses where no place is left.
 */
export class Deliverer {
  readonly #options: Required<DelivererOptions>;
  /** Addresses that are being served. */
  readonly #serving = new Map<number, Serving>();
  /** When each address had its last turn, in an order of turns; the latest last. */
  readonly #turns = new Map<number, number>();
  #turn = 0;
  /** Accounts whose addresses each give up their place after one batch: others waited for it when it last looked. */
  #crowded: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;
  /** Whether something came while it looked. */
  #isWoken = false;
  readonly #closing = new AbortController();

  constructor(options: DelivererOptions) {
    this.#options = {
      now: () => new Date(),
      sign: signed,
      mayDeliver: () => true,
      perAccount: ADDRESSES,
      ...options,
    };
  }

  /** Look into the outbox now, and again whenever something is due. */
  wake(): void {
    if (this.#isLooking) this.#isWoken = true;
    else this.#lookIn(0);
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

  #lookIn(milliseconds: number): void {
    if (this.#isClosed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), milliseconds).unref();
  }

  async #look(): Promise<void> {
    const { webhooks, now, onError } = this.#options;
    [this.#isLooking, this.#isWoken] = [true, false];
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
    } finally {
      this.#isLooking = false;
    }
    // What came while it looked is looked for again at once.
    this.#lookIn(this.#isWoken ? 0 : rest);
  }

  /** Serve addresses that something is due at. @returns when each is done */
  async #begin(): Promise<Promise<boolean>[]> {
    const { webhooks, now, mayDeliver, perAccount } = this.#options;
    if (!mayDeliver()) return [];
    const waiting = await webhooks.waiting(now());
    const free = waiting.filter(({ webhook }) => !this.#serving.has(webhook));
    const places = new Map<string, number>();
    for (const { account } of this.#serving.values()) places.set(account, (places.get(account) ?? 0) + 1);
    const placesOf = ({ account }: WaitingAddress): number => places.get(account) ?? 0;
    // The account with the fewest places comes first. Of equals: who was served longest ago; of those who never were, who
    // has waited for longest.
    const inTurn = free.toSorted(
      (a, b) => placesOf(a) - placesOf(b) || this.#lastTurn(a) - this.#lastTurn(b),
    );
    const begun: Promise<boolean>[] = [];
    const full = new Set<string>();
    let isFull = false;
    for (const address of inTurn) {
      const { account } = address;
      if (placesOf(address) >= perAccount) full.add(account);
      else if (this.#serving.size >= ADDRESSES) isFull = true;
      else {
        places.set(account, placesOf(address) + 1);
        begun.push(this.#serve(address));
      }
    }
    this.#crowded = isFull ? new Set(places.keys()) : full;
    return begun;
  }

  #lastTurn({ webhook }: WaitingAddress): number {
    return this.#turns.get(webhook) ?? 0;
  }

  /** @returns false when the store failed */
  #serve({ webhook, account }: WaitingAddress): Promise<boolean> {
    this.#turns.delete(webhook);
    this.#turns.set(webhook, ++this.#turn);
    if (this.#turns.size > TURNS) this.#turns.delete(this.#turns.keys().next().value!);
    const done = this.#deliverSome(webhook, account)
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
  async #deliverSome(webhook: number, account: string): Promise<void> {
    const { webhooks, now } = this.#options;
    while (!this.#isClosed) {
      const due = await webhooks.due(webhook, now(), PER_ADDRESS);
      if (due.length === 0) return;
      await Promise.all(due.map((delivery) => this.#deliver(delivery)));
      if (this.#crowded.has(account)) return;
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
