import type { FastifyBaseLogger } from 'fastify';
import { LintelError, type ErrorCode } from '#contract';
import type { Servers } from '#core/store';
import { callNode, type Ask, type NodeCalls } from './calls.ts';

/**
 * What lies in the memory of one of the servers on a database, by name. Whichever server is asked for it asks the one that
 * holds it, by a question for that alone; without other servers it lies here.
 */
export class Held {
  readonly #servers: Servers;
  readonly #calls: NodeCalls;
  readonly #log: FastifyBaseLogger;

  /** @param calls what this server does in what it holds */
  constructor(servers: Servers, calls: NodeCalls, log: FastifyBaseLogger) {
    this.#servers = servers;
    this.#calls = calls;
    this.#log = log;
  }

  /**
   * Notes that this server holds something.
   * @param ms for which it is known at most; null: for as long as this server runs
   * @returns false when another server does
   * @throws LintelError `several-servers` where the others could not ask for it, `store-busy`
   */
  async hold(name: string, ms: number | null): Promise<boolean> {
    const { nodes } = this.#servers;
    await this.#servers.requireReachable();
    return nodes === null || (await nodes.holdings.hold(name, ms));
  }

  /** @returns how to ask whoever holds it @throws LintelError `over` where nobody does, or the server that did ended meanwhile; `store-busy` */
  async at(name: string, over: ErrorCode): Promise<Ask> {
    const ask = await this.#find(name, over);
    if (ask === null) throw new LintelError(over);
    return ask;
  }

  /** As {@link at}, of what this server takes to itself where no other holds it. @throws also `several-servers` */
  async ensure(name: string, over: ErrorCode): Promise<Ask> {
    await this.#servers.requireReachable();
    for (let tries = 0; tries < 3; tries++) {
      const ask = await this.#find(name, over);
      if (ask !== null) return ask;
      if (await this.hold(name, null)) return this.#here;
    }
    throw new LintelError('busy');
  }

  readonly #here: Ask = async (call, input) => await this.#calls[call](input);

  async #find(name: string, over: ErrorCode): Promise<Ask | null> {
    const { nodes } = this.#servers;
    if (nodes === null) return this.#here;
    const holder = await nodes.holdings.holderOf(name);
    if (holder === null) return null;
    if (holder.server === nodes.own.server) return this.#here;
    return async (call, input) => {
      const reply = await callNode(nodes, holder, call, input).catch(async (error: unknown) => {
        const { address } = holder;
        this.#log.warn({ err: error, address }, 'a node does not answer for what it holds');
        const still = await nodes.holdings.holderOf(name);
        throw new LintelError(still?.server === holder.server ? 'busy' : over, undefined, { cause: error });
      });
      if ('refused' in reply) throw reply.refused;
      return reply.output;
    };
  }
}
