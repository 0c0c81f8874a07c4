import { createSecretKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { AskingHolders } from './asking.ts';
import { holdersOf } from './holders.ts';
import { answerTo, openMessage, QUESTION, sealMessage } from './sealed-messages.ts';

type Answer = (...of: Parameters<RequestListener>) => unknown;

const nodesAt = (...addresses: string[]) => addresses.map((address, server) => ({ server, address }));
const FIVE = nodesAt('http://a', 'http://b', 'http://c', 'http://d', 'http://e');
const place = (collectionId: string, of = 1) => ({ account: 'a', collectionId, of });

describe('who holds a collection', () => {
  const collections = Array.from({ length: 500 }, (_, i) => place(`c${i}`));

  it('is the same for all, whatever the order of the nodes, and each has its share', () => {
    const held = collections.map((each) => holdersOf(FIVE, each)[0]!.address);
    expect(held).toEqual(collections.map((each) => holdersOf(FIVE.toReversed(), each)[0]!.address));
    for (const { address } of FIVE) {
      expect(held.filter((each) => each === address).length).toBeGreaterThan(60);
    }
  });

  it('changes only for what the node held that went', () => {
    const [, ...four] = FIVE;
    const stay = collections.filter((each) => holdersOf(FIVE, each)[0] !== FIVE[0]);
    const holders = (nodes: typeof FIVE) => stay.map((each) => holdersOf(nodes, each)[0]!.address);
    expect(holders(four)).toEqual(holders(FIVE));
  });

  it('is, of a collection in parts, each node for no more than its share', () => {
    for (const [of, most] of [
      [2, 1],
      [16, 4],
      [64, 13],
    ] as const) {
      const holders = holdersOf(FIVE, place('c', of));
      for (const node of FIVE) {
        expect(holders.filter((each) => each === node).length).toBeLessThanOrEqual(most);
      }
    }
    const moved = holdersOf(FIVE, place('c', 64)).filter(
      (node, i) => node !== FIVE[0] && holdersOf(FIVE.slice(1), place('c', 64))[i] !== node,
    );
    expect(moved.length).toBeLessThan(16);
  });
});

describe('what nodes say to each other', () => {
  const key = createSecretKey(randomBytes(32));

  it('opens with their key only, as what it is', () => {
    const sealed = sealMessage(key, QUESTION, { template: 'abc' });
    expect(sealed.toString('latin1')).not.toContain('abc');
    expect(openMessage(key, QUESTION, sealed)).toEqual({ template: 'abc' });
    const spoiled = Buffer.from(sealed);
    spoiled[20]! ^= 1;
    const another = sealMessage(key, QUESTION, { template: 'abc' });
    for (const open of [
      () => openMessage(createSecretKey(randomBytes(32)), QUESTION, sealed),
      () => openMessage(key, answerTo(sealed), sealed),
      () => openMessage(key, answerTo(another), sealMessage(key, answerTo(sealed), {})),
      () => openMessage(key, QUESTION, spoiled),
      () => openMessage(key, QUESTION, Buffer.alloc(3)),
    ]) {
      expect(open).toThrow(expect.objectContaining({ code: 'unauthenticated' }));
    }
  });
});

describe('a node that asks another', () => {
  const key = createSecretKey(randomBytes(32));
  const closing: (() => void)[] = [];
  afterEach(() => closing.splice(0).forEach((close) => close()));

  /** Asks a node that answers so. */
  const ask = async (answer: Answer, silenceMs?: number) => {
    const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => (server.closeAllConnections(), server.close()));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [there] = nodesAt(address);
    const own = { server: 1, address: 'http://own' };
    const holders = new AskingHolders(
      { own, live: [there!], key, holdings: null as never },
      createLog('silent'),
      silenceMs,
    );
    const search = () =>
      holders.search({ ...place('c'), modelId: 'm', number: 0 }, Float32Array.of(0.6, 0.8), 1);
    return { holders, search };
  };
  const found = { references: [{ faceId: 'f', similarity: 0.9, automatic: null }], size: 3 };

  it('takes the answer of the other, after what says that it is being made', async () => {
    const { holders, search } = await ask(async (request, response) => {
      const question = Buffer.concat(await request.toArray());
      expect(openMessage(key, QUESTION, question)).toMatchObject({ collectionId: 'c', count: 1 });
      response.write(Buffer.of(0), () => {
        response.write(Buffer.of(0, 0));
        response.end(Buffer.concat([Buffer.of(1), sealMessage(key, answerTo(question), found)]));
      });
    });
    expect(await search()).toEqual(found);
    expect(holders.counts).toEqual({ answered: 1, unanswered: 0 });
  });

  it('does without one that ends, says nothing, refuses or is no node, and does not ask it again at once', async () => {
    const answers: Answer[] = [
      (_request, response) => {
        response.write(Buffer.of(0), () => response.destroy());
      },
      (_request, response) => response.writeHead(503).end(),
      (_request, response) => response.writeHead(307, { location: '/elsewhere' }).end(),
      (_request, response) => response.end(Buffer.from('{"references":[],"size":0}')),
    ];
    for (const answer of answers) {
      let asked = 0;
      const { holders, search } = await ask((request, response) => {
        asked++;
        return answer(request, response);
      });
      expect([await search(), await search()]).toEqual([null, null]);
      expect([asked, holders.counts]).toEqual([1, { answered: 0, unanswered: 2 }]);
    }
    const { search } = await ask(() => undefined, 50);
    expect(await search()).toBeNull();
  });
});
