import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  encodeMessage,
  SYNC_MEDIA_TYPE,
  toErrorBody,
  type SessionClaim,
  type SessionResult,
} from '#contract';
import type { Purpose } from '#core/audit';
import { similarity } from '#core/matching';
import { modelIdOf } from '#core/recognition';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { WEIGHTS_DIR } from '../../core/recognition/testing/images.ts';
import {
  connect,
  createSessionServer,
  greet,
  joinServer,
  type Fetch,
  type Transport,
} from '../../main/sync/index.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';
import { mustRun } from '../support/appliance.ts';
import { BOOTSTRAP_KEY, send, type Answer } from '../support/server.ts';
import { startSessionServer, type ApiClient, type SessionServer } from '../support/session-server.ts';
import { feedMembership } from './member.ts';

let server: SessionServer;
let photo: Uint8Array;
let modelId: string;

/** What has joined the server, and says to it whatever it likes. */
interface Member {
  readonly store: SqlStore;
  readonly deviceId: string;
  readonly deviceKey: string;
  readonly transport: Transport;
  readonly claim: (sessionId: string, claimId?: string) => Promise<SessionClaim>;
  readonly signed: (
    result: Partial<SessionResult> & Pick<SessionResult, 'sessionId'>,
    purpose?: Purpose,
  ) => Promise<{ text: string; signature: string }>;
}

let folder: string;
const members: Member[] = [];
const CLAIM = `claim_${'0'.repeat(32)}`;

async function joined(client: ApiClient): Promise<Member> {
  folder ??= await mkdtemp(join(tmpdir(), 'lintel-members-'));
  const dir = join(folder, String(members.length));
  const store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  await joinServer(store, { origin: server.origin }, await server.invite(client), 'member');
  const { deviceId, deviceKey } = await feedMembership(store);
  const hello = await greet({ origin: server.origin });
  const transport = connect({ origin: server.origin }, deviceKey, hello!);
  const member: Member = {
    store,
    deviceId,
    deviceKey,
    transport,
    claim: async (sessionId, claimId = CLAIM) => {
      await transport.claimSession({ sessionId, claimId, modelId });
      return { sessionId, claimId, modelId };
    },
    signed: async (result, purpose = 'session-result') => {
      const text = JSON.stringify({ deviceId, claimId: CLAIM, live: true, matchLevel: 5, ...result });
      return { text, signature: await store.audit.sign(purpose, text) };
    },
  };
  members.push(member);
  return member;
}

describe('a session at the server', () => {
  let north: Member;
  let south: Member;
  let foreign: Member;

  beforeAll(async () => {
    server = await startSessionServer();
    photo = await portrait(sampleFace('Robin'));
    modelId = await modelIdOf(WEIGHTS_DIR, 'default');
    north = await joined(server.own);
    south = await joined(server.own);
    foreign = await joined(server.other);
  });
  afterAll(async () => {
    for (const { store } of members) await store.close();
    await rm(folder, { recursive: true });
    await server.close();
  });

  const unknown = { code: 'session-unknown' };
  const used = { code: 'session-used' };
  const invalid = { code: 'session-result-invalid' };

  it('goes to one device of its account, signed for that claim, rotated as templates are', async () => {
    const sessionId = await server.open(photo);
    expect(await server.resultOf(sessionId)).toEqual({ status: 'pending', result: null });
    const { template, expiresInMs } = await createSessionServer(north.store, {
      waitMs: NEVER_COMES_MS,
    }).claim({ sessionId, claimId: CLAIM, modelId }, 512);
    expect(expiresInMs).toBeLessThanOrEqual(600_000);
    expect(similarity(template, template)).toBeCloseTo(1, 5);
    const { text } = await north.transport.claimSession({ sessionId, claimId: CLAIM, modelId });
    const { template: rotated } = JSON.parse(text) as { template: string };
    const plain = Buffer.from(Float32Array.from(template).buffer).toString('base64');
    expect(rotated).not.toBe(plain);
    expect(await server.resultOf(sessionId)).toEqual({ status: 'in-progress', result: null });
  });

  it('is taken from the server alone, and only for the claim that was asked', async () => {
    const [first, second] = [await server.open(photo), await server.open(photo)];
    const { text, signature } = await north.transport.claimSession({
      sessionId: first,
      claimId: CLAIM,
      modelId,
    });
    const answers = [
      { text, signature },
      { text: text.replace(first, second), signature },
      { text: text.replace(first, second), signature: await north.store.audit.sign('session-claim', text) },
    ];
    for (const answer of answers) {
      const between: Fetch = async (url, init) =>
        url.pathname === '/v1/sync/session-claim'
          ? new Response(Uint8Array.from(encodeMessage(answer)))
          : await fetch(url, init);
      const asked = createSessionServer(north.store, { fetch: between, waitMs: NEVER_COMES_MS }).claim(
        { sessionId: second, claimId: CLAIM, modelId },
        512,
      );
      await expect(asked).rejects.toMatchObject({ code: 'server-unreachable' });
    }
  });

  it('is none to another account, its client and its devices', async () => {
    const sessionId = await server.open(photo);
    await expect(foreign.claim(sessionId)).rejects.toMatchObject(unknown);
    await north.claim(sessionId);
    await expect(foreign.transport.settleSession(await foreign.signed({ sessionId }))).rejects.toMatchObject(
      unknown,
    );
    const target = `GET /api/v1/face/${sessionId}/result`;
    expect((await server.call(server.other, target)).status).toBe(404);
    expect((await send(server, target, { authorization: null })).status).toBe(401);
    expect((await send(server, target, { authorization: `Bearer ${BOOTSTRAP_KEY}` })).status).toBe(401);
    expect((await server.call(server.own, 'GET /api/v1/face/000000000000/result')).status).toBe(404);
  });

  it('is claimed once, of however many that come at once', async () => {
    const sessionId = await server.open(photo);
    const claims = Array.from({ length: 16 }, (_, i) =>
      (i % 2 === 0 ? north : south).claim(sessionId, `claim_${String(i).padStart(32, '0')}`),
    );
    const settled = await Promise.allSettled(claims);
    const outcomes = settled.map((each) =>
      each.status === 'fulfilled' ? 'claimed' : toErrorBody(each.reason).code,
    );
    expect(outcomes.toSorted()).toEqual(['claimed', ...Array.from({ length: 15 }, () => 'session-used')]);
  });

  it('takes one result, from the device that claimed it, and the same again', async () => {
    const sessionId = await server.open(photo);
    const result = await north.signed({ sessionId, matchLevel: 2 });
    await expect(north.transport.settleSession(result)).rejects.toMatchObject(used);
    await north.claim(sessionId);
    await expect(south.transport.settleSession(await south.signed({ sessionId }))).rejects.toMatchObject(
      used,
    );
    await north.transport.settleSession(result);
    await north.transport.settleSession(result);
    await expect(north.transport.settleSession(await north.signed({ sessionId }))).rejects.toMatchObject(
      used,
    );
    expect(await server.resultOf(sessionId)).toEqual({
      status: 'done',
      result: { live: true, match: false, matchLevel: 2 },
    });
    await expect(north.claim(sessionId)).rejects.toMatchObject(used);
  });

  it('takes no result that the device did not sign as it is', async () => {
    const sessionId = await server.open(photo);
    await north.claim(sessionId);
    const good = await north.signed({ sessionId, matchLevel: 1 });
    const bad = [
      ['another text', { ...good, text: good.text.replace('"matchLevel":1', '"matchLevel":5') }],
      ['another signature', { ...good, signature: '0'.repeat(128) }],
      ['another purpose', await north.signed({ sessionId }, 'audit-checkpoint')],
      ['another device', await north.signed({ sessionId, deviceId: south.deviceId })],
      ['another device’s key', await south.signed({ sessionId, deviceId: north.deviceId })],
      ['no level', await north.signed({ sessionId, matchLevel: 6 })],
      ['more than a result', await north.signed({ sessionId, match: true } as never)],
    ] as const;
    for (const [, result] of bad) {
      await expect(north.transport.settleSession(result)).rejects.toMatchObject(invalid);
    }
    expect(await server.resultOf(sessionId)).toMatchObject({ status: 'in-progress' });
  });

  it('is refused to a device that was revoked, also in the middle', async () => {
    const west = await joined(server.own);
    const [claimed, open] = [await server.open(photo), await server.open(photo)];
    await west.claim(claimed);
    await mustRun(server.installation, 'device', 'revoke', west.deviceId);
    const revoked = { code: 'device-revoked' };
    await expect(west.claim(open)).rejects.toMatchObject(revoked);
    await expect(
      west.transport.settleSession(await west.signed({ sessionId: claimed })),
    ).rejects.toMatchObject(revoked);
    expect(await server.resultOf(claimed)).toMatchObject({ status: 'in-progress' });
    await expect(
      connect({ origin: server.origin }, 'dev_x.y', (await greet({ origin: server.origin }))!).claimSession({
        sessionId: open,
        claimId: CLAIM,
        modelId,
      }),
    ).rejects.toMatchObject({ code: 'device-unknown' });
  });

  it('is refused to other networks, and not used up by that', async () => {
    const sessionId = await server.open(photo);
    const claim = { sessionId, claimId: CLAIM, modelId: 'model-of-others' };
    await expect(north.transport.claimSession(claim)).rejects.toMatchObject({ code: 'session-model' });
    expect(await server.resultOf(sessionId)).toMatchObject({ status: 'pending' });
  });

  it('is bounded in what it takes', async () => {
    const sessionId = await server.open(photo);
    const message = (name: string, body: Uint8Array): Promise<Answer> =>
      fetch(new URL(`/v1/sync/${name}`, server.origin), {
        method: 'POST',
        headers: {
          authorization: `Device ${north.deviceKey}`,
          'content-type': SYNC_MEDIA_TYPE,
          'lintel-sync': '1',
        },
        body: Uint8Array.from(body),
      }).then(async (response) => ({ status: response.status }) as Answer);
    const statuses = await Promise.all([
      message('session-claim', encodeMessage({ sessionId: '1'.repeat(13), claimId: CLAIM, modelId })),
      message('session-claim', encodeMessage({ sessionId, claimId: 'x', modelId })),
      message('session-claim', encodeMessage({ sessionId, claimId: CLAIM, modelId: 'm'.repeat(257) })),
      message('session-result', encodeMessage({ text: 'x'.repeat(65_537), signature: '' })),
      message('session-result', encodeMessage({ text: 'x', signature: '0'.repeat(129) })),
      message('session-result', new Uint8Array(9 * 1024 * 1024)),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 413]);
    expect(await server.resultOf(sessionId)).toMatchObject({ status: 'pending' });
  });
});
