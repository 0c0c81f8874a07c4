import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_MATCH_LEVEL, LintelError, type VisitFrame } from '#contract';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { readAuditLog } from '../support/audit-log.ts';
import { headOf, openKiosk, performed, PIN, type KioskClient } from '../support/kiosk-client.ts';
import { startSessionServer, type SessionServer } from '../support/session-server.ts';

describe('a visit by face session', () => {
  const STEPS = ['turn-left', 'turn-right'] as const;
  let server: SessionServer;
  let photos: Record<'robin' | 'kim', Uint8Array>;
  let robin: Awaited<ReturnType<typeof headOf>>;
  let kiosk: KioskClient;

  beforeAll(async () => {
    server = await startSessionServer();
    photos = {
      robin: await portrait(sampleFace('Robin')),
      kim: await portrait(sampleFace('Kim')),
    };
    robin = await headOf(sampleFace('Robin'));
    kiosk = await openKiosk(STEPS);
  });
  // Who signs in forgives what failed.
  afterEach(() => kiosk.ask('operator.login', { pin: PIN }));
  afterAll(async () => {
    await kiosk.close();
    await server.close();
  });

  let visits = 0;
  /**
   * Robin does what is asked, a little differently each time. All is drawn from one photograph, and so alike that the
   * appliance may know an earlier visit in it: it starts again before, since it keeps what frames look like in memory only.
   */
  const visitBy = async (sessionId: string) => {
    await kiosk.restart();
    await kiosk.ask('visit.session', { sessionId });
    const { visitId, challenge } = await kiosk.ask('visit.begin', { sessionId });
    const { frames, milliseconds } = await performed(robin, challenge, ++visits);
    return { decision: await kiosk.send(visitId, frames, milliseconds), frames };
  };
  /** The result is told in the background. */
  const told = async (sessionId: string): Promise<unknown> => {
    await expect.poll(() => server.resultOf(sessionId), { interval: 20 }).toMatchObject({ status: 'done' });
    return await server.resultOf(sessionId);
  };

  it('takes an appliance that has joined a server', async () => {
    const asked = kiosk.ask('visit.session', { sessionId: '123456789012' });
    await expect(asked).rejects.toMatchObject({ code: 'sync-not-joined' });
    await kiosk.ask('operator.login', { pin: PIN });
    const joining = {
      origin: server.origin,
      code: await server.invite(server.own),
      name: 'Kiosk',
      allowHttp: false,
    };
    await kiosk.ask('sync.join', joining);
  });

  it('says whether a live person is the one of the photo, and lets no person in', async () => {
    // Known here: that does not count.
    await kiosk.enrol(photos.robin, 'Robin');
    const sessionId = await server.open(await portrait(sampleFace('Robin', 1)));
    const { decision } = await visitBy(sessionId);
    const compared = { outcome: 'compared', reasons: ['photo-match'], hints: [], person: null };
    expect(decision).toEqual(compared);
    expect(await told(sessionId)).toEqual({
      status: 'done',
      result: { live: true, match: true, matchLevel: expect.any(Number) as number },
    });
    const { result } = (await server.resultOf(sessionId)) as { result: { matchLevel: number } };
    expect(result.matchLevel).toBeGreaterThanOrEqual(DEFAULT_MATCH_LEVEL);
    expect(kiosk.records.at(-1)).toMatchObject({ outcome: 'compared', faceId: null, sessionId });
    // One visit a session, at whatever appliance.
    await expect(kiosk.ask('visit.begin', { sessionId })).rejects.toMatchObject({ code: 'session-unknown' });
    await expect(kiosk.ask('visit.session', { sessionId })).rejects.toMatchObject({ code: 'session-used' });

    const { data, keyFile } = server.installation;
    const there = await readAuditLog(data, keyFile);
    const said = there.entries.map(([, entry]) => entry).filter((entry) => entry['sessionId'] === sessionId);
    const { accountId: account } = server.own;
    const deviceId = expect.stringMatching(/^dev_/) as string;
    expect(said).toEqual([
      { kind: 'session-claimed', account, deviceId, sessionId },
      { kind: 'session-decided', account, deviceId, sessionId, live: true, match: true },
    ]);
    const here = await readAuditLog(kiosk.dataDir, kiosk.keyFile);
    const decisions = here.entries.map(([, entry]) => entry).filter(({ kind }) => kind === 'decision');
    expect(decisions).toEqual([
      expect.objectContaining({ outcome: 'compared', reasons: ['photo-match'], faceId: null, sessionId }),
    ]);
  });

  it('does not match another person’s photo, and frames that matched once match no more', async () => {
    const { decision } = await visitBy(await server.open(photos.kim));
    expect(decision).toMatchObject({ outcome: 'compared', reasons: ['photo-no-match'] });

    const first = await server.open(photos.robin);
    kiosk.wait(60_000);
    const { frames } = await visitBy(first);
    expect(await told(first)).toMatchObject({ status: 'done' });
    const again = await server.open(photos.robin);
    const replay = await submit(again, frames);
    expect(replay).toMatchObject({
      outcome: 'denied',
      reasons: expect.arrayContaining(['frames-not-genuine']) as string[],
    });
    const nobody = { live: false, match: false, matchLevel: 0 };
    expect(await told(again)).toEqual({ status: 'done', result: nobody });
  });

  const submit = async (sessionId: string, frames: VisitFrame[]) => {
    await kiosk.ask('visit.session', { sessionId });
    const { visitId } = await kiosk.ask('visit.begin', { sessionId });
    return await kiosk.send(visitId, frames, 10_000);
  };

  it('counts like any other when no person is live', async () => {
    const { frames } = await performed(robin, STEPS);
    const still = frames.filter(({ moment }) => moment.kind === 'frontal');
    for (let i = 0; i < 5; i++) {
      const sessionId = await server.open(photos.robin);
      expect((await submit(sessionId, still)).outcome).toBe('denied');
      expect(await told(sessionId)).toMatchObject({ status: 'done', result: { live: false, match: false } });
    }
    const sessionId = await server.open(photos.robin);
    await kiosk.ask('visit.session', { sessionId });
    await expect(kiosk.ask('visit.begin', { sessionId })).rejects.toMatchObject({ code: 'kiosk-paused' });
  });

  it('counts wrong ids as wrong codes', async () => {
    const ask = () => kiosk.ask('visit.session', { sessionId: '000000000000' });
    for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject({ code: 'session-unknown' });
    await expect(ask()).rejects.toMatchObject({ code: 'kiosk-paused' });
    await expect(kiosk.ask('visit.session', { sessionId: '1' })).rejects.toMatchObject({ code: 'usage' });
  });

  it('ends with its session, and with the appliance', async () => {
    const late = await server.open(photos.robin);
    await kiosk.ask('visit.session', { sessionId: late });
    const { visitId } = await kiosk.ask('visit.begin', { sessionId: late });
    const { frames } = await performed(robin, STEPS);
    kiosk.wait(600_001);
    const over = { code: 'session-unknown' };
    await expect(kiosk.ask('visit.begin', { sessionId: late })).rejects.toMatchObject(over);
    await expect(kiosk.send(visitId, frames, 0)).rejects.toBeInstanceOf(LintelError);
    const interrupted = await server.open(photos.robin);
    await kiosk.ask('visit.session', { sessionId: interrupted });
    await kiosk.restart();
    await expect(kiosk.ask('visit.begin', { sessionId: interrupted })).rejects.toMatchObject(over);
    await expect(kiosk.ask('visit.session', { sessionId: interrupted })).rejects.toMatchObject({
      code: 'session-used',
    });
  });
});
