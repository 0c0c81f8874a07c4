import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHANNEL_ROLES, KIOSK_CHANNELS } from '#contract';
import { readAuditLog } from '../../test/support/audit-log.ts';
import { applianceOfAll, appliancePerTest, PIN, pictures } from '../../test/support/appliance-per-test.ts';

const { stranger } = pictures;

describe('a screen that nobody signed in at', () => {
  const at = applianceOfAll();
  const OPERATOR_CHANNELS = Object.entries(KIOSK_CHANNELS).flatMap(([name, { access }]) =>
    access === 'operator' ? [name] : [],
  );

  it.each(OPERATOR_CHANNELS)('%s needs an operator, whatever the input', async (channel) => {
    for (const input of [{}, undefined, { faceId: 'x' }]) {
      expect(await at.screen.handle(channel, input)).toMatchObject({
        ok: false,
        error: { code: 'operator-required' },
      });
    }
  });

  it('each of which has its roles, among them the administrator’s', () => {
    expect(Object.keys(CHANNEL_ROLES).toSorted()).toEqual(OPERATOR_CHANNELS.toSorted());
    for (const roles of Object.values(CHANNEL_ROLES)) expect(roles).toContain('administrator');
  });

  it.each(['', 'visit', 'constructor', '__proto__', 'people.list.x'])(
    'knows no channel %j',
    async (channel) => {
      expect(await at.screen.handle(channel, {})).toEqual({
        ok: false,
        error: { code: 'channel-unknown', message: 'There is no such channel.' },
      });
    },
  );

  it.each([
    ['visit.begin', { extra: 1 }],
    ['visit.begin', null],
    ['visit.submit', { visitId: 'x', frameCount: 0 }],
    ['visit.frames', { visitId: `visit_${'0'.repeat(32)}`, from: 0, frames: [] }],
    ['operator.login', { pin: 123_456 }],
    ['operator.login', { pin: '1'.repeat(65) }],
  ])('refuses malformed input: %s %j', async (channel, input) => {
    expect(await at.screen.handle(channel, input)).toMatchObject({ ok: false, error: { code: 'usage' } });
  });
});

describe('an operator of a role', () => {
  const at = appliancePerTest();
  const { ask, signIn, openScreen } = at;
  const RECEPTION = '482951';

  it('uses what the role is for, and is named in the audit log, also where several work at once', async () => {
    await signIn();
    const { operators } = await ask('operators.add', { name: 'Sam', role: 'reception', pin: RECEPTION });
    const { operatorId } = operators[1]!;
    const reception = openScreen();
    const login = (pin: string, who = {}) => ask('operator.login', { pin, ...who }, reception);
    await expect(login(RECEPTION)).rejects.toMatchObject({ code: 'operator-required' });
    await expect(login('000000', { operatorId })).rejects.toMatchObject({ code: 'pin-wrong' });
    const { operator } = await login(RECEPTION, { operatorId });
    expect(operator).toEqual({ operatorId, name: 'Sam', role: 'reception' });
    for (const [channel, roles] of Object.entries(CHANNEL_ROLES)) {
      const answer = await reception.handle(channel, { none: 'such' });
      const code = roles.includes('reception') ? 'usage' : 'role-required';
      expect([channel, answer]).toMatchObject([channel, { ok: false, error: { code } }]);
    }
    const visitor = { name: 'Noor', from: '2026-11-29T00:00:00Z', until: '2099-01-01T00:00:00Z' };
    await Promise.all([
      ask('visitors.add', visitor, reception),
      ask('settings.update', { sound: false }),
      ask('people.enrol', { metadata: {}, externalKey: 'a-1', images: [pictures.alice] }, reception),
    ]);

    const { lines } = await ask('audit.list', {});
    const actorOf = (kind: string) => lines.find((line) => line.kind === kind)?.actor;
    expect(actorOf('operator-added')).toBe('operator:administrator');
    expect(actorOf('signed-in')).toBe(`operator:${operatorId}`);
    expect(lines.find(({ kind }) => kind === 'enrolled')).toMatchObject({
      actor: `operator:${operatorId}`,
      // Whom it is about, which the log does not hold.
      name: 'a-1',
      details: expect.not.stringContaining('a-1') as string,
    });
    expect(actorOf('settings-changed')).toBe('operator:administrator');
    expect(lines.find(({ kind }) => kind === 'sign-in-refused')).toMatchObject({
      actor: 'operator',
      details: JSON.stringify({ code: 'pin-wrong', operatorId }),
    });
    expect((await ask('audit.list', { before: lines.at(-1)!.n + 2 })).lines).toEqual(lines.slice(-2));
    expect((await ask('audit.list', { before: 1 })).lines).toEqual([]);

    // Who may pass where is for administrators to say: neither by a list, nor by a code or pictures of somebody who has groups.
    const person = {
      name: 'Kim',
      externalKey: 'k-1',
      access: { groups: ['keyholders'], validFrom: null, validUntil: null },
    };
    const listed = { person, images: [stranger] };
    const refused = { code: 'role-required' };
    await expect(ask('people.import', listed, reception)).rejects.toMatchObject(refused);
    await ask(
      'people.import',
      { ...listed, person: { ...person, access: null }, isPreview: true },
      reception,
    );
    expect(await ask('people.import', listed)).toMatchObject({ outcome: 'enrolled' });
    const { faces } = await ask('people.list', {}, reception);
    const found = (key: string) => faces.find(({ externalKey }) => externalKey === key)!;
    expect([found('a-1').hasGroups, found('k-1').hasGroups]).toEqual([false, true]);
    const codeOf = (key: string, screen = at.screen) =>
      ask('people.give-code', { faceId: found(key).faceId }, screen);
    await codeOf('a-1', reception);
    await expect(codeOf('k-1', reception)).rejects.toMatchObject(refused);
    await codeOf('k-1');
    const addTo = (key: string, images: Uint8Array[], screen = at.screen) =>
      ask('people.add-pictures', { faceId: found(key).faceId, images, source: 'file' }, screen);
    expect(await addTo('a-1', [pictures.aliceElsewhere], reception)).toMatchObject({
      face: { referenceCount: 2 },
    });
    // Also of pictures that could not be used.
    for (const image of [stranger, pictures.empty])
      await expect(addTo('k-1', [image], reception)).rejects.toMatchObject(refused);
    expect(await addTo('k-1', [pictures.empty])).toMatchObject({ face: null });
    const twin = { metadata: {}, images: [stranger] };
    expect(await ask('people.enrol', twin, reception)).toMatchObject({
      face: null,
      suspectedDuplicates: [{ externalKey: 'k-1', hasGroups: true }],
    });

    // At once, also for who is signed in.
    await ask('operators.set-role', { operatorId, role: 'auditor' });
    await expect(ask('people.list', {}, reception)).rejects.toMatchObject({ code: 'role-required' });
    await expect(ask('events.list', {}, reception)).resolves.toEqual({ events: [] });
    await ask('operators.remove', { operatorId });
    await expect(ask('events.list', {}, reception)).rejects.toMatchObject({ code: 'operator-required' });
    expect(await ask('operator.names', {}, reception)).toEqual({
      operators: [{ operatorId: 'administrator', name: 'Administrator' }],
    });
  });
});

describe('access', () => {
  const at = appliancePerTest();
  const { ask, signIn, openScreen } = at;

  it('is of the screen that signed in, until it signs out', async () => {
    await signIn();
    const other = openScreen();
    await expect(ask('people.list', {}, other)).rejects.toMatchObject({ code: 'operator-required' });
    await expect(ask('people.list', {})).resolves.toMatchObject({ total: 0 });
    await ask('operator.logout', {});
    await expect(ask('people.list', {})).rejects.toMatchObject({ code: 'operator-required' });
  });

  it('begins with a PIN that is chosen with the set-up code', async () => {
    await at.close();
    await rm(at.dataDir, { recursive: true });
    await at.open();
    expect(await ask('appliance.status', {})).toMatchObject({
      pinIsSet: false,
      lockdownGaps: ['opened-by-hand'],
      doorDirection: null,
      isTellingFailing: false,
      enrolledCount: 0,
      version: '1.2.3',
    });
    await expect(ask('operator.set-pin', { pin: PIN })).rejects.toMatchObject({ code: 'setup-code-wrong' });
    const setupCode = (await at.issueSetupCode())!;
    await expect(ask('operator.set-pin', { pin: '123456', setupCode })).rejects.toMatchObject({
      code: 'pin-trivial',
    });
    await ask('operator.set-pin', { pin: PIN, setupCode });
    expect(at.events.at(-1)).toEqual([
      'appliance.status-changed',
      expect.objectContaining({ pinIsSet: true }),
    ]);
    await signIn();
    await expect(ask('people.list', {})).resolves.toMatchObject({ total: 0 });
    expect(at.logged.join('')).not.toContain(setupCode);
    const { entries } = await readAuditLog(at.dataDir, join(at.root, 'key'));
    expect(entries).toMatchObject([
      ['operator', { kind: 'collection-created' }],
      ['operator', { kind: 'sign-in-refused', code: 'setup-code-wrong' }],
      ['operator', { kind: 'key-changed', what: 'operator-pin' }],
      ['operator:administrator', { kind: 'signed-in' }],
    ]);
    expect(JSON.stringify(entries)).not.toContain(setupCode);
  });

  it('issues a new one where the PIN is to be forgotten at the start', async () => {
    expect(await at.issueSetupCode()).toBeNull();
    const setupCode = await at.issueSetupCode({ forgetPin: true });
    await expect(signIn()).rejects.toMatchObject({ code: 'pin-not-set' });
    await ask('operator.set-pin', { pin: PIN, setupCode: setupCode! });
    await signIn();
    const { entries } = await readAuditLog(at.dataDir, join(at.root, 'key'));
    expect(entries).toContainEqual(['command-line', { kind: 'pin-reset' }]);
  });

  it('that a lock refuses leaves one entry in the audit log, however often and for whom it is tried', async () => {
    const screens = [at.screen, openScreen()];
    const login = (operatorId: string, screen = at.screen) =>
      ask('operator.login', { pin: '000000', operatorId }, screen);
    const guessed = ['administrator', 'nobody', 'administrator', 'no-one', 'nobody'];
    for (const who of guessed) await expect(login(who)).rejects.toMatchObject({ code: 'pin-wrong' });
    for (let i = 0; i < 1_000; i++) {
      const who = i % 3 === 0 ? 'administrator' : `nobody-${i}`;
      await expect(login(who, screens[i % 2])).rejects.toMatchObject({ code: 'pin-locked' });
    }
    const { entries } = await readAuditLog(at.dataDir, join(at.root, 'key'));
    const codes = entries.flatMap(([, entry]) => (entry.kind === 'sign-in-refused' ? [entry.code] : []));
    expect(codes).toEqual([...guessed.map(() => 'pin-wrong'), 'pin-locked']);
  });

  it('ends when the screen closes', async () => {
    await signIn();
    at.screen.close();
    await expect(ask('people.list', {})).rejects.toMatchObject({ code: 'operator-required' });
  });

  it('needs the right PIN', async () => {
    await expect(ask('operator.login', { pin: '000000' })).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(ask('people.list', {})).rejects.toMatchObject({ code: 'operator-required' });
  });
});

describe('the dispatcher', () => {
  const at = appliancePerTest();
  const { ask, signIn, enrolAlice } = at;

  it('turns a fault into an error without a trace, and logs it', async () => {
    await at.close();
    expect(await at.screen.handle('appliance.status', {})).toEqual({
      ok: false,
      error: { code: 'internal', message: 'Something went wrong inside Lintel.' },
    });
    expect(at.logged.join('')).toContain('"channel":"appliance.status"');
    await at.open();
  });

  it('logs no PIN, key or name', async () => {
    await signIn();
    await enrolAlice();
    await expect(ask('operator.login', { pin: '999999' })).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(
      ask('people.enrol', { metadata: {}, externalKey: 'a-1', images: [stranger] }),
    ).rejects.toMatchObject({ code: 'external-key-in-use' });
    const log = at.logged.join('');
    expect(log).toContain('pin-wrong');
    for (const secret of [PIN, '999999', 'a-1', 'Alice']) expect(log).not.toContain(secret);
  });
});
