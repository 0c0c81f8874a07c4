import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { DEFAULT_POLICY, type SettingsPatch } from '#contract';
import { similarity } from '#core/matching';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { Replica } from '#core/sync';
import { joinRealeyes } from '../../main/sync/index.ts';
import type { AnimatedHead } from '../../scripts/samples/animated-head.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { readAuditLog } from '../support/audit-log.ts';
import { headOf, openKiosk, type KioskClient, type KioskOptions } from '../support/kiosk-client.ts';
import { networks } from '../support/networks.ts';
import { API_KEY, PageServer } from '../sync/page-server.ts';

/** A server that speaks the page alone, and there Kim; Robin is enrolled here. */
let heads: Record<'kim' | 'sasha', AnimatedHead>;
let photos: Record<'kim' | 'robin', Buffer>;
let server: PageServer;
let kimThere: string;
let kiosk: KioskClient;

const SEARCH = '/v1/face/search';
const searches = (): number => server.asked.filter((path) => path === SEARCH).length;
const UNKNOWN = { outcome: 'denied', reasons: ['no-match'], hints: [], person: null };

beforeAll(async () => {
  heads = { kim: await headOf(sampleFace('Kim')), sasha: await headOf(sampleFace('Sasha')) };
  photos = { kim: await jpegOf('Kim'), robin: await jpegOf('Robin') };
});

beforeEach(async () => {
  server = await PageServer.start();
  server.confidence = confidenceOf;
  server.ask('POST /v1/collection/create', { collectionId: 'default' });
  kimThere = enrolThere(photos.kim, 'E-7');
});
afterEach(async () => {
  await kiosk.close();
  await server.stop();
});

const jpegOf = async (person: string): Promise<Buffer> =>
  await sharp(await portrait(sampleFace(person)))
    .jpeg()
    .toBuffer();

function enrolThere(photo: Buffer, externalKey: string): string {
  const image = { bytes: photo.toString('base64') };
  const answer = server.ask('POST /v1/face/index', { collectionId: 'default', image });
  const { faceId } = answer as { faceId: string };
  server.ask('PUT /v1/external-key/set', { collectionId: 'default', faceId, externalKey });
  return faceId;
}

/** What a recognising server takes two pictures for. */
async function confidenceOf(a: Buffer, b: Buffer): Promise<number> {
  const { recognizer, calibration } = await networks();
  const [one, other] = [(await recognizer.analyse(a)).face, (await recognizer.analyse(b)).face];
  return one && other ? calibration.confidence(similarity(one.template, other.template)) : 0;
}

/** @param join what makes the appliance a member; by default of the page's server */
async function open(settings: SettingsPatch, join = joinPage, options: KioskOptions = {}): Promise<void> {
  kiosk = await openKiosk(['turn-left', 'turn-right'], { ...options, settings });
  await kiosk.enrol(photos.robin, 'Robin');
  await withStore(join);
}

const joinPage = (store: SqlStore): Promise<void> => joinRealeyes(store, { origin: server.origin }, API_KEY);

async function withStore(work: (store: SqlStore) => Promise<void>): Promise<void> {
  const store = await openStore({ dir: kiosk.dataDir, kekProvider: fileKekProvider(kiosk.keyFile) });
  try {
    await work(store.as('command-line'));
  } finally {
    await store.close();
  }
}

describe('a person who is enrolled at the server alone', () => {
  it('is found online when the settings say so; a stranger is not', async () => {
    await open({ searchOnline: true });
    expect(await kiosk.visit(heads.kim)).toEqual({
      outcome: 'granted',
      reasons: ['match-online'],
      hints: [],
      person: { faceId: null, name: null },
    });
    expect(await kiosk.visit(heads.sasha)).toEqual(UNKNOWN);
    expect(searches()).toBe(2);

    const { entries } = await readAuditLog(kiosk.dataDir, kiosk.keyFile);
    expect(entries.map(([, entry]) => entry).filter(({ kind }) => kind === 'decision')).toMatchObject([
      {
        outcome: 'granted',
        reasons: ['match-online'],
        faceId: null,
        online: { code: 'found', remoteId: kimThere },
      },
      { outcome: 'denied', reasons: ['no-match'], online: { code: 'nobody', remoteId: null } },
    ]);
    expect(JSON.stringify([entries, kiosk.logged])).not.toContain('E-7');
  });

  it('is unknown when they show no life', async () => {
    await open({ searchOnline: true });
    const { visitId } = await kiosk.ask('visit.begin', {});
    const frames = [0, 1, 2].map((i) => ({
      image: photos.kim,
      capturedAt: i,
      moment: { kind: 'frontal' as const },
    }));
    expect(await kiosk.send(visitId, frames, 100)).toMatchObject({ outcome: 'denied' });
    expect(searches()).toBe(0);
    expect(kiosk.records[0]).not.toHaveProperty('online');
  });

  it('is unknown, without an error, when the server does not answer in time', async () => {
    await open({ searchOnline: true }, joinPage, { serverWaitMs: 1 });
    server.fate = () => 'hang';
    expect(await kiosk.visit(heads.kim)).toEqual(UNKNOWN);
    expect(kiosk.records[0]?.online).toEqual({ code: 'timeout', remoteId: null });
  });

  it('is unknown, without an error, when the server fails or refuses', async () => {
    await open({ searchOnline: true });
    for (const [fate, code] of [
      ['fail', 'server-unreachable'],
      ['refuse', 'server-refused'],
    ] as const) {
      server.fate = () => fate;
      await kiosk.restart();
      expect(await kiosk.visit(heads.kim)).toEqual(UNKNOWN);
      expect(kiosk.records.at(-1)?.online).toEqual({ code, remoteId: null });
    }
    expect(searches()).toBe(2);
  });
});

it('uses the face that is here when the server knows it better', async () => {
  await open({ searchOnline: true });
  await kiosk.ask('sync.now', {});
  const { faces } = await kiosk.ask('people.list', {});
  const { faceId } = faces[0]!;
  // As if the server's network saw a likeness that this one does not.
  server.ask('DELETE /v1/face/delete', { collectionId: 'default', faceId: kimThere });
  server.confidence = () => 96;
  expect(await kiosk.visit(heads.kim)).toMatchObject({
    outcome: 'granted',
    reasons: ['match-online'],
    person: { faceId, name: 'Robin' },
  });
  expect(kiosk.records[0]).toMatchObject({ faceId, online: { code: 'found' } });
});

describe('no server is asked', () => {
  it('unless the settings say so', async () => {
    await open({});
    expect(await kiosk.visit(heads.kim)).toEqual(UNKNOWN);
    expect(searches()).toBe(0);
    expect(kiosk.records[0]).not.toHaveProperty('online');
  });

  it('without a server', async () => {
    await open({ searchOnline: true }, async () => undefined);
    expect(await kiosk.visit(heads.kim)).toEqual(UNKNOWN);
    expect(server.asked).toEqual([]);
  });

  it('where the server lists the people that it knows', async () => {
    await open({ searchOnline: true }, async (store) => {
      const membership = {
        mode: 'feed',
        origin: server.origin,
        deviceId: `dev_${'1'.repeat(32)}`,
        deviceKey: API_KEY,
        templateSecret: Buffer.alloc(32).toString('base64'),
        serverKey: await store.audit.publicKey(),
        policy: DEFAULT_POLICY,
        revoked: false,
      };
      await store.setSecret('sync.server', Buffer.from(JSON.stringify(membership)));
      await new Replica(store).join();
    });
    expect((await kiosk.ask('sync.status', {})).server).toMatchObject({
      mode: 'feed',
      origin: server.origin,
    });
    expect(await kiosk.visit(heads.kim)).toEqual(UNKNOWN);
    expect(searches()).toBe(0);
  });
});
