import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Conflict, DeviceId, DeviceStatus } from '#contract';
import { lintel, mustRun, newInstallation, said, type Installation } from '../support/appliance.ts';
import { photoOf } from '../support/photo.ts';
import { openServer, type Server } from '../support/server.ts';

const KEY = 'employee-0042';
let server: Server;
let north: Installation;
let south: Installation;

const enrol = async (at: Installation, person: string, key: string, collection = 'staff') => {
  const photo = await photoOf(at, person);
  const named = ['--collection', collection, '--key', key, '--name', person];
  const { status, answer } = await lintel(at, 'enrol', ...named, photo);
  expect(status).toBe(0);
  return String(answer['faceId']);
};
const identify = async (at: Installation, person: string, number: number) => {
  const photo = await photoOf(at, person, number);
  return (await lintel(at, 'identify', '--collection', 'staff', photo)).answer;
};
const invite = async (...options: string[]) => {
  const { answer } = await lintel(server.installation, 'device', 'invite', '--account', 'admin', ...options);
  return z.object({ code: z.string(), expiresAt: z.iso.datetime() }).parse(answer);
};
const pair = async (at: Installation, name: string) => {
  const { code } = await invite();
  return await lintel(at, 'pair', code, '--server', server.origin, '--name', name);
};
const now = async (at: Installation) => {
  const { status, answer } = await lintel(at, 'sync', 'now');
  expect({ status, answer }).toMatchObject({ status: 0 });
  return answer;
};
const devices = async () => {
  const { answer } = await lintel(server.installation, 'device', 'list', '--account', 'admin');
  return z.object({ devices: z.array(DeviceStatus) }).parse(answer).devices;
};
const conflicts = async (at: Installation, ...options: string[]) => {
  const { answer } = await lintel(at, 'sync', 'conflicts', ...options);
  return z.object({ conflicts: z.array(Conflict), people: z.array(z.unknown()) }).parse(answer);
};
beforeAll(async () => {
  [server, north, south] = await Promise.all([openServer(), newInstallation(), newInstallation()]);
  for (const each of [north, south]) await mustRun(each, 'settings', 'set', 'sound', 'true');
});
afterAll(async () => {
  await server.remove();
  await Promise.all([north, south].map((each) => each.remove()));
});

describe('an appliance without a server', () => {
  it('says so', async () => {
    const { status, answer } = await lintel(north, 'sync', 'status');
    expect({ status, answer }).toMatchObject({ status: 0, answer: { server: null, state: 'off', queue: 0 } });
  });

  it.each(['now', 'pause', 'retry'])('does not %s', async (command) => {
    const refused = await lintel(north, 'sync', command);
    expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'sync-not-joined' } } });
  });

  it('does not join by a wrong code, nor by anything that is no address', async () => {
    const wrong = await lintel(north, 'pair', 'AAAAA-AAAAA', '--server', server.origin);
    expect(wrong).toMatchObject({ status: 2, answer: { error: { code: 'pairing-code-invalid' } } });
    const nowhere = await lintel(north, 'pair', 'AAAAA-AAAAA', '--server', 'lintel');
    expect(nowhere).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    expect((await lintel(north, 'sync', 'status')).answer).toMatchObject({ state: 'off' });
  });
});

describe('an address', () => {
  it.each([
    'lintel.example.org',
    'ftp://lintel.example.org',
    'http://user:pw@localhost',
    'http://localhost/door?x=1',
  ])('is not %s', async (address) => {
    const refused = await lintel(north, 'pair', 'AAAAA-AAAAA', '--server', address);
    expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
  });

  it('is named with the reason where nobody answers there', async () => {
    const gone = createServer();
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
    gone.close();
    const refused = await lintel(north, 'pair', 'AAAAA-AAAAA', '--server', origin);
    const message = `The server cannot be reached. (${origin}: it refuses the connection)`;
    expect(refused).toEqual({ status: 1, answer: { error: { code: 'server-unreachable', message } } });
  });

  it('may be of plain http elsewhere where the operator says so', async () => {
    const refused = await lintel(north, 'pair', 'AAAAA-AAAAA', '--server', 'http://10.0.0.5');
    expect(refused).toMatchObject({
      status: 2,
      answer: { error: { code: 'server-insecure', message: expect.stringContaining('--allow-http') } },
    });
  });

  it('is refused where the program that answers is no Lintel server', async () => {
    const other = createServer((_request, response) => void response.writeHead(404).end('<html>'));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const { port } = other.address() as AddressInfo;
    const refused = await lintel(north, 'pair', 'AAAAA-AAAAA', '--server', `http://127.0.0.1:${port}`);
    other.close();
    expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'server-unsuitable' } } });
  });
});

describe('two appliances and their server', () => {
  let robin: string;

  it('know the face that the first enrolled before it joined', async () => {
    robin = await enrol(north, 'Robin', KEY);
    expect(await pair(north, 'North door')).toMatchObject({
      status: 0,
      answer: { origin: server.origin, deviceId: expect.stringMatching(/^dev_/), queue: 2 },
    });
    expect(await now(north)).toMatchObject({ sent: 2, queue: 0, parked: 0, conflicts: 0 });
    await pair(south, 'South door');
    expect(await now(south)).toMatchObject({ sent: 0, taken: 1 });
    expect(await identify(south, 'Robin', 1)).toMatchObject({
      match: true,
      faceId: robin,
      externalKey: KEY,
    });
  });

  it('say how they are doing', async () => {
    const { answer } = await lintel(south, 'sync', 'status');
    expect(answer).toMatchObject({
      server: { origin: server.origin, mode: 'feed' },
      state: 'idle',
      queue: 0,
      error: null,
      parked: [],
      conflicts: [],
    });
    expect(
      z.object({ lastSuccess: z.iso.datetime(), clock: z.iso.datetime() }).safeParse(answer).success,
    ).toBe(true);
  });

  it('have nothing to send again unless it was refused', async () => {
    expect(await said(south, 'sync', 'retry')).toBe('Nothing was refused.\n');
  });

  it('pause and go on', async () => {
    await mustRun(south, 'sync', 'pause');
    expect((await lintel(south, 'sync', 'status')).answer).toMatchObject({ state: 'paused' });
    await mustRun(south, 'sync', 'resume');
    expect((await lintel(south, 'sync', 'status')).answer).toMatchObject({ state: 'idle' });
  });

  it('show one key for two people as a conflict, and do as is decided', async () => {
    const kim = await enrol(south, 'Kim', 'employee-0043');
    await mustRun(south, 'edit', '--collection', 'staff', '--face', kim, '--groups', 'guards');
    const sasha = await enrol(north, 'Sasha', 'employee-0043');
    await now(north);
    await now(south);
    await now(north);
    const { conflicts: found, people } = await conflicts(north);
    expect(found).toMatchObject([
      { kind: 'external-key', firstFaceId: sasha, secondFaceId: kim, externalKey: 'employee-0043' },
    ]);
    expect(people).toMatchObject([
      { faceId: sasha, metadata: { name: 'Sasha' }, externalKey: 'employee-0043' },
      { faceId: kim, metadata: { name: 'Kim' }, externalKey: null },
    ]);
    const conflictId = found[0]?.conflictId ?? '';
    expect(await said(north, 'sync', 'status')).toContain('1; lintel sync conflicts lists them');
    const listed = await said(north, 'sync', 'conflicts');
    expect(listed).toMatch(/ second: Kim, .*, Groups: guards, Valid: since ever until for good$/m);
    expect(listed).toMatch(/ sync resolve CONFLICT DECISION\n.*^keep-second +the second has the key /ms);
    const ofServer = await said(server.installation, 'sync', 'conflicts', '--account', 'admin');
    expect(ofServer).toContain(': lintel sync resolve CONFLICT DECISION --account admin\n');
    const nonsense = await lintel(north, 'sync', 'resolve', conflictId, 'keep-none');
    expect(nonsense).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    expect((await lintel(north, 'sync', 'resolve', conflictId, 'keep-second')).status).toBe(0);
    await now(north);
    await now(south);
    for (const at of [north, south]) {
      expect(await conflicts(at)).toMatchObject({ conflicts: [] });
      const { answer } = await lintel(at, 'faces', '--collection', 'staff');
      expect(answer['faces']).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ faceId: kim, externalKey: 'employee-0043' }),
          expect.objectContaining({ faceId: sasha, externalKey: null }),
        ]),
      );
    }
    const unnamed = await lintel(server.installation, 'sync', 'conflicts');
    expect(unnamed).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    const again = await lintel(north, 'sync', 'resolve', conflictId, 'both');
    expect(again).toMatchObject({ status: 2, answer: { error: { code: 'conflict-not-found' } } });
  });

  it('receive the decisions that are made at the server', async () => {
    const sasha = await enrol(north, 'Sasha', 'guest-1', 'guests');
    const kim = await enrol(south, 'Kim', 'guest-1', 'guests');
    await now(north);
    await now(south);
    const { conflicts: found } = await conflicts(server.installation, '--account', 'admin');
    expect(found).toMatchObject([{ firstFaceId: sasha, secondFaceId: kim }]);
    const [{ conflictId } = { conflictId: '' }] = found;
    const words = ['sync', 'resolve', conflictId, 'both', '--account', 'admin'];
    expect((await lintel(server.installation, ...words)).status).toBe(0);
    await now(north);
    const { answer } = await lintel(north, 'faces', '--collection', 'guests');
    expect(answer['faces']).toEqual(
      expect.arrayContaining([expect.objectContaining({ faceId: kim, externalKey: 'guest-1' })]),
    );
  });

  it('delete a face together, and the server knows which appliance has not yet', async () => {
    await now(south);
    await mustRun(north, 'delete', '--collection', 'staff', '--face', robin);
    await now(north);
    expect(await devices()).toMatchObject([
      { name: 'North door', unconfirmedDeletions: 0 },
      { name: 'South door', unconfirmedDeletions: 1 },
    ]);
    await now(south);
    expect(await identify(south, 'Robin', 1)).toMatchObject({ match: false });
    expect((await devices()).map(({ unconfirmedDeletions }) => unconfirmedDeletions)).toEqual([0, 0]);
  });
});

describe('a person enrolled at two sites under two keys', () => {
  it('is reported as soon as the server has compared faces, and stays two faces until an operator decides', async () => {
    const first = await enrol(north, 'Robin', 'visitor-1', 'visitors');
    await now(north);
    const second = await enrol(south, 'Robin', 'visitor-2', 'visitors');
    await now(south);
    const suspected = async () =>
      (await conflicts(server.installation, '--account', 'admin')).conflicts.filter(
        ({ kind }) => kind === 'suspected-duplicate',
      );
    await expect.poll(suspected, { interval: 1000 }).toHaveLength(1);
    const [conflict] = await suspected();
    expect(conflict).toMatchObject({ firstFaceId: first, secondFaceId: second, collectionId: 'visitors' });
    await now(north);
    expect((await conflicts(north)).conflicts).toContainEqual(conflict);
    await mustRun(north, 'sync', 'resolve', conflict!.conflictId, 'same-person');
    await now(north);
    await now(south);
    for (const each of [north, south]) {
      const { answer } = await lintel(each, 'faces', '--collection', 'visitors');
      expect(answer).toMatchObject({ total: 1, faces: [{ faceId: first, referenceCount: 2 }] });
    }
  });
});

describe('the administrator of a server', () => {
  it('sees the appliances', async () => {
    const [first] = await devices();
    expect(first).toMatchObject({ name: 'North door', behind: 0, report: { queue: 0, parked: 0 } });
    expect(DeviceId.safeParse(first?.deviceId).success).toBe(true);
  });

  it('sets the scope of an appliance, which then holds no face outside it', async () => {
    const [, { deviceId } = { deviceId: '' }] = await devices();
    const policy = (...options: string[]) =>
      lintel(server.installation, 'device', 'policy', deviceId, ...options);
    expect((await policy()).answer).toMatchObject({ policy: { version: 1, collections: null } });
    const changed = await policy('--collections', 'guests', '--no-images', '--poll', '60');
    expect(changed.answer).toMatchObject({
      policy: { collections: ['guests'], sendImages: false, pollSeconds: 60 },
    });
    expect(await policy('--collections', 'a b')).toMatchObject({
      status: 2,
      answer: { error: { code: 'collection-id-invalid' } },
    });
    const followed = async () => {
      const [, south] = await devices();
      return south?.report?.policy === south?.policy.version;
    };
    expect(await followed()).toBe(false);
    await now(south);
    expect(await followed()).toBe(true);
    expect((await lintel(south, 'collections')).answer).toMatchObject({
      collections: [{ collectionId: 'guests' }],
    });
    expect((await lintel(south, 'faces', '--collection', 'guests')).answer).toMatchObject({ total: 2 });
    expect((await policy('--all-collections')).answer).toMatchObject({ policy: { collections: null } });
  });

  it('checks the audit log of an appliance against the heads that it reported', async () => {
    const [{ deviceId } = { deviceId: '' }] = await devices();
    const { answer } = await lintel(server.installation, 'device', 'anchors', deviceId);
    const anchors = join(server.installation.data, '..', 'anchors.json');
    await writeFile(anchors, JSON.stringify(answer));
    const exported = join(north.data, '..', 'audit.jsonl');
    await mustRun(north, 'audit', 'export', exported);
    const verify = (file: string) =>
      lintel(
        north,
        'audit',
        'verify',
        exported,
        '--anchor',
        file,
        '--public-key',
        String(answer['publicKey']),
      );
    expect((await verify(anchors)).status).toBe(0);
    const [, other] = await devices();
    const others = await lintel(server.installation, 'device', 'anchors', other?.deviceId ?? '');
    await writeFile(anchors, JSON.stringify(others.answer));
    expect(await verify(anchors)).toMatchObject({ status: 1, answer: { error: { code: 'audit-broken' } } });
  });

  it('sets the access rules of an appliance, which then takes none of its own', async () => {
    const [{ deviceId } = { deviceId: '' }] = await devices();
    const file = join(north.data, 'rules.json');
    await writeFile(file, JSON.stringify({ timeZone: 'UTC', rules: [{ groups: ['staff'] }] }));
    const policy = (...options: string[]) =>
      lintel(server.installation, 'device', 'policy', deviceId, ...options);
    expect(await policy('--access', file, '--own-access')).toMatchObject({ status: 2 });
    expect((await policy('--access', file)).status).toBe(0);
    await now(north);
    expect((await lintel(north, 'access', 'show')).answer).toMatchObject({
      source: 'server',
      policy: { rules: [{ groups: ['staff'] }] },
    });
    for (const command of [['set', file], ['remove']]) {
      const refused = await lintel(north, 'access', ...command);
      expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'access-of-server' } } });
    }
    await writeFile(file, '{}');
    expect(await policy('--access', file)).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    await policy('--own-access');
    await now(north);
    expect((await lintel(north, 'access', 'show')).answer).toEqual({ policy: null, source: 'own' });
  });

  it('revokes an appliance, which then gets nothing and removes every face', async () => {
    const [, { deviceId } = { deviceId: '' }] = await devices();
    await mustRun(server.installation, 'device', 'policy', deviceId, '--seal-on-revocation');
    await now(south);
    expect((await lintel(server.installation, 'device', 'revoke', deviceId)).status).toBe(0);
    const refused = await lintel(south, 'sync', 'now');
    expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'device-revoked' } } });
    expect((await lintel(south, 'sync', 'status')).answer).toMatchObject({ state: 'revoked' });
    expect((await lintel(south, 'faces', '--collection', 'guests')).answer).toMatchObject({ total: 0 });
    expect((await devices())[1]?.revokedAt).not.toBeNull();
    const unknown = await lintel(server.installation, 'device', 'revoke', `dev_${'0'.repeat(32)}`);
    expect(unknown).toMatchObject({ status: 2, answer: { error: { code: 'device-not-found' } } });
  });

  it('gives a code to one appliance only', async () => {
    const { code } = await invite('--name', 'East door', '--collections', 'staff,guests', '--no-images');
    const join = (at: Installation) => lintel(at, 'pair', code.toLowerCase(), '--server', server.origin);
    expect(await join(south)).toMatchObject({
      status: 0,
      answer: { policy: { collections: ['staff', 'guests'], sendImages: false } },
    });
    expect(await join(north)).toMatchObject({
      status: 2,
      answer: { error: { code: 'pairing-code-invalid' } },
    });
    expect((await devices())[2]).toMatchObject({ name: 'East door', lastContact: null });
  });
});

it('says why it is not in step while its server is away', async () => {
  await server.stop();
  const failed = await lintel(north, 'sync', 'now');
  const message = `The server cannot be reached. (${server.origin}: it refuses the connection)`;
  expect(failed).toEqual({ status: 1, answer: { error: { code: 'server-unreachable', message } } });
  expect((await lintel(north, 'sync', 'status')).answer).toMatchObject({
    state: 'waiting',
    error: 'server-unreachable',
    lastSuccess: expect.any(String),
  });
});

it('leaves its server and keeps its people', async () => {
  const before = (await lintel(north, 'faces', '--collection', 'staff')).answer['total'];
  const [{ deviceId } = { deviceId: '' }] = await devices();
  const left = await lintel(north, 'unpair');
  expect(left).toMatchObject({ status: 0, answer: { left: server.origin, deviceId } });
  expect((await lintel(north, 'sync', 'status')).answer).toMatchObject({ state: 'off', lastSuccess: null });
  expect((await lintel(north, 'faces', '--collection', 'staff')).answer['total']).toBe(before);
});
