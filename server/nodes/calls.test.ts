import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LintelError } from '#contract';
import { OnlyServer, type Servers, type ServerNode } from '#core/store';
import { installAdmission } from '../http/admission.ts';
import { installErrors, sendProblem } from '../http/errors/index.ts';
import { createLog } from '../log.ts';
import { answerNodes, Held, type NodeCalls } from './index.ts';
import { sealMessage } from './sealed-messages.ts';

const key = createSecretKey(randomBytes(32));
const MINUTE = 60_000;
const over = expect.objectContaining({ code: 'session-unknown' });
const busy = expect.objectContaining({ code: 'busy' });
const digest = '0'.repeat(64);
const ofSession = { account: 'a', sessionId: '000000000001' };

/** What the server that is asked does; each test says what it needs. */
let does: Partial<NodeCalls>;
const calls = new Proxy({} as NodeCalls, { get: (_all, call: keyof NodeCalls) => does[call] });

let app: FastifyInstance;
let holder: ServerNode;
/** By name; whether the holder runs is for the test to say. */
let held: Map<string, ServerNode>;

beforeEach(async () => {
  does = {};
  held = new Map();
  app = Fastify();
  installErrors(app, sendProblem, ['/']);
  installAdmission(app);
  app.decorateRequest('caller', null);
  app.decorateRequest('isOfNode', false);
  const own = { server: 7, address: '' };
  answerNodes(app, { nodes: nodesOf(own), calls, galleries: null as never, modelId: 'm' });
  await app.listen({ host: '127.0.0.1', port: 0 });
  holder = { server: 7, address: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` };
});
afterEach(() => app.close());

const nodesOf = (own: ServerNode) => ({
  own,
  live: [],
  key,
  holdings: {
    hold: async (name: string) => held.get(name) === undefined && held.set(name, own).size > 0,
    holderOf: async (name: string) => held.get(name) ?? null,
  },
});

/** Another server, which does nothing itself. */
function other(): Held {
  const only = new OnlyServer();
  const servers: Servers = {
    rates: only.rates,
    isLeader: false,
    whenLeading: () => {},
    whenChanged: () => {},
    requireOne: () => only.requireOne(),
    requireReachable: () => only.requireReachable(),
    nodes: nodesOf({ server: 8, address: 'http://own' }),
  };
  return new Held(servers, {} as NodeCalls, createLog('silent'));
}

it('asks the server that holds something, which answers as it would to itself', async () => {
  held.set('session', holder);
  const template = Float32Array.of(0.6, -0.8, 1e-7);
  does = {
    'session.template': (input) => (expect(input).toEqual(ofSession), template),
    'session.settle': () => {
      throw new LintelError('rate-limited', '(7 s)', { retryAfter: 7 });
    },
    'session.result': () => {
      throw new Error('a path of this machine');
    },
    // As long as what a visit has, and more than somebody without a key may send.
    'pages.enter': ({ traces }) => [...traces, { digest, print: null }],
  };
  const ask = await other().at('session', 'session-unknown');
  expect(await ask('session.template', ofSession)).toEqual(template);
  const result = { sessionId: ofSession.sessionId, claimId: `claim_${'0'.repeat(32)}`, live: true };
  await expect(
    ask('session.settle', {
      account: 'a',
      result: { ...result, deviceId: `dev_${'0'.repeat(32)}`, matchLevel: 5 },
    }),
  ).rejects.toMatchObject({ code: 'rate-limited', retryAfter: 7, message: expect.stringContaining('(7 s)') });
  const failed = await ask('session.result', ofSession).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'internal', message: expect.not.stringContaining('path') });
  const traces = Array.from({ length: 16 }, (_, i) => ({ digest, print: new Uint8Array(3136).fill(i) }));
  expect(await ask('pages.enter', { account: 'a', traces })).toEqual([...traces, { digest, print: null }]);
});

it('takes to itself what nobody holds, and says what is over', async () => {
  does = { 'session.template': () => Float32Array.of(1) };
  const here = other();
  await expect(here.at('session', 'session-unknown')).rejects.toEqual(over);
  expect(await here.hold('mine', MINUTE)).toBe(true);
  held.set('session', holder);
  expect(await here.hold('session', MINUTE)).toBe(false);
  const ask = await here.ensure('session', 'session-unknown');
  await ask('session.template', ofSession);
  // Nothing answers at its address, and it still holds its lock: who asks again may have an answer.
  await app.close();
  await expect(ask('session.template', ofSession)).rejects.toEqual(busy);
  held.delete('session');
  await expect(ask('session.template', ofSession)).rejects.toEqual(over);
});

/** As a server sends it; each part can be another's. */
async function post({
  by = key,
  to = 7,
  at = Date.now(),
  proof = sealMessage(by, `caller ${to}`, { at }),
  body = sealMessage(by, `call ${to}`, { at, call: 'session.template', input: ofSession }),
}: {
  readonly by?: KeyObject;
  readonly to?: number;
  readonly at?: number;
  readonly proof?: Buffer | null;
  readonly body?: Uint8Array;
}): Promise<number> {
  const { status } = await fetch(new URL('/nodes/call', holder.address), {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      ...(proof !== null && { authorization: `Node ${proof.toString('base64url')}` }),
    },
    body: new Uint8Array(body),
  });
  return status;
}

it('answers nobody but servers with the key, each question once, and none that was said to another', async () => {
  let asked = 0;
  does = { 'session.template': () => Float32Array.of((asked += 1)) };
  expect(await post({})).toBe(200);
  expect(asked).toBe(1);
  const body = sealMessage(key, 'call 7', { at: Date.now(), call: 'session.template', input: ofSession });
  expect([await post({ body }), await post({ body })]).toEqual([200, 401]);
  expect(asked).toBe(2);
  for (const forged of [
    { proof: null },
    { proof: Buffer.from('x') },
    { by: createSecretKey(randomBytes(32)) },
    { to: 8 },
    { body: sealMessage(key, 'call 8', { at: Date.now(), call: 'session.template', input: ofSession }) },
    { at: Date.now() - 6 * MINUTE },
    { at: Date.now() + 6 * MINUTE },
    { body: sealMessage(key, 'call 7', { at: 0, call: 'session.template', input: ofSession }) },
  ]) {
    expect(await post(forged)).toBe(401);
  }
  expect(asked).toBe(2);
});

it('reads no body of whom it does not know, and bounds those of servers', async () => {
  const long = new Uint8Array(300_000);
  expect(await post({ body: long, proof: null })).toBe(401);
  expect(await post({ body: long })).toBe(413);
  for (const path of ['/nodes/call', '/nodes/search']) {
    const authorization = `Node ${sealMessage(key, 'caller 7', { at: Date.now() }).toString('base64url')}`;
    const answer = await fetch(new URL(path, holder.address), { method: 'POST', headers: { authorization } });
    expect([path, answer.status]).toEqual([path, 400]);
  }
});
