import type { FastifyBaseLogger } from 'fastify';
import { MOST_FACES, PartAnswer, type PartFound, type PartSearch } from '#contract';
import type { Holders, PartPlace } from '#core/gallery';
import type { Nodes, ServerNode } from '#core/store';
import { NODE_SEARCH } from './answering.ts';
import { askNode, SILENCE_MS } from './exchange.ts';
import { holdersOf } from './holders.ts';
import { QUESTION } from './sealed-messages.ts';

/** A node that did not answer is asked again after so long. */
const PAUSE_MS = 10_000;

/** Collections whose holders are known at once. */
const MOST_KNOWN = 10_000;

/**
 * Asks the node that holds a part of a collection. Where it does not answer, or another holds the part by now, nobody is
 * waited for: the search is made here, and is right all the same.
 */
export class AskingHolders implements Holders {
  /** Searches that another node answered, and those that this one made because another did not. */
  readonly counts = { answered: 0, unanswered: 0 };
  readonly #nodes: Nodes;
  readonly #log: FastifyBaseLogger;
  readonly #silenceMs: number;
  /** Nodes that did not answer, and until when they are not asked. */
  readonly #paused = new Map<string, number>();
  /** Of collections, as long as the same nodes live. */
  #holders: { readonly live: readonly ServerNode[]; readonly of: Map<string, readonly ServerNode[]> };

  constructor(nodes: Nodes, log: FastifyBaseLogger, silenceMs = SILENCE_MS) {
    this.#nodes = nodes;
    this.#log = log;
    this.#silenceMs = silenceMs;
    this.#holders = { live: [], of: new Map() };
  }

  async search(place: PartPlace, template: Float32Array, count: number): Promise<PartFound | null> {
    const address = this.#holderOf(place)?.address;
    if (address === undefined || address === this.#nodes.own.address || count > MOST_FACES) return null;
    const pausedUntil = this.#paused.get(address) ?? 0;
    if (performance.now() < pausedUntil) return this.#unanswered();
    try {
      const bytes = Buffer.from(template.buffer, template.byteOffset, template.byteLength);
      const found = await this.#ask(address, {
        ...place,
        at: Date.now(),
        count,
        template: bytes.toString('base64'),
      });
      this.#paused.delete(address);
      if (found === null) return this.#unanswered();
      this.counts.answered++;
      return found;
    } catch (error) {
      this.#log.warn({ err: error, address }, 'a node does not answer: its collection is searched here');
      this.#paused.set(address, performance.now() + PAUSE_MS);
      return this.#unanswered();
    }
  }

  /** Undefined: none is known to live. */
  #holderOf(place: PartPlace): ServerNode | undefined {
    const { live } = this.#nodes;
    if (live.length === 0) return undefined;
    if (this.#holders.live !== live || this.#holders.of.size === MOST_KNOWN) {
      this.#holders = { live, of: new Map() };
    }
    const name = `${place.account}\n${place.collectionId}\n${place.of}`;
    const holders = this.#holders.of.get(name) ?? holdersOf(live, place);
    this.#holders.of.set(name, holders);
    return holders[place.number];
  }

  #unanswered(): null {
    this.counts.unanswered++;
    return null;
  }

  async #ask(address: string, search: PartSearch): Promise<PartFound | null> {
    const silenceMs = this.#silenceMs;
    const asked = { address, path: NODE_SEARCH, about: QUESTION, message: search, silenceMs };
    return PartAnswer.parse(await askNode(this.#nodes, asked));
  }
}
