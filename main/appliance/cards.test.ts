import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { Decision, VisitFrame } from '#contract';
import { sealCard } from '#core/cards';
import { fileKekProvider, LOCAL_ACCOUNT, openStore, type SqlStore } from '#core/store';
import { lintel } from '../../test/support/appliance.ts';
import { appliancePerTest, pictures } from '../../test/support/appliance-per-test.ts';
import { readAuditLog } from '../../test/support/audit-log.ts';
import { readCode } from '../../test/support/read-code.ts';

const at = appliancePerTest();
const { ask, signIn } = at;
const { alice, aliceElsewhere, stranger } = pictures;
const inRoot = (name: string): string => join(at.root, name);

beforeEach(async () => {
  await signIn();
  // What a visitor has to prove is the same with a card; recognition alone takes the fewest pictures.
  await ask('settings.update', { cards: true, assurance: 'presence' });
  await writeFile(inRoot('alice.jpg'), aliceElsewhere);
});

/** Runs a command beside the appliance. */
const command = (...args: string[]) =>
  lintel({ data: at.dataDir, keyFile: inRoot('key'), remove: async () => undefined }, ...args);

/** Issues a card of Alice by the command line, and reads its picture as the screen does. */
async function issue(...options: string[]): Promise<{ cardId: string; card: string }> {
  const out = inRoot('card.png');
  const { answer } = await command('card', 'issue', inRoot('alice.jpg'), '--out', out, ...options);
  const card = await readCode(await readFile(out));
  await rm(out);
  return { cardId: answer['cardId'] as string, card: card! };
}

async function visit(card: string | null, ...images: readonly Uint8Array[]): Promise<Decision> {
  const { visitId } = await ask('visit.begin', { card });
  const frames = images.map((image, i): VisitFrame => ({
    image,
    capturedAt: i,
    moment: { kind: 'frontal' },
  }));
  await ask('visit.frames', { visitId, from: 0, frames });
  return await ask('visit.submit', { visitId, frameCount: frames.length });
}

const show = (card: string) => ask('visit.card', { card });

async function inStore<T>(work: (store: SqlStore) => Promise<T>): Promise<T> {
  const store = await openStore({ dir: at.dataDir, kekProvider: fileKekProvider(inRoot('key')) });
  const answer = await work(store);
  await store.close();
  return answer;
}

it('lets a person in by card and face, of whom nothing biometric is kept', async () => {
  const { cardId, card } = await issue('--name', 'Alice', '--valid-until', '2099-12-31');
  await show(card);
  expect(await visit(card, stranger, stranger)).toMatchObject({ outcome: 'denied', person: null });
  expect(await visit(card, alice, aliceElsewhere)).toMatchObject({
    outcome: 'granted',
    reasons: ['match'],
    person: { faceId: null, name: 'Alice' },
  });
  const { events } = await ask('events.list', { outcomes: ['granted'] });
  expect(events).toMatchObject([{ kind: 'decision', cardId, faceId: null, level: 'presence' }]);
  const { entries } = await readAuditLog(at.dataDir, inRoot('key'));
  const said = entries.map(([, entry]) => entry);
  expect(said).toContainEqual({ kind: 'card-issued', cardId, consent: null });
  expect(said).toContainEqual(expect.objectContaining({ kind: 'decision', outcome: 'granted', cardId }));

  expect(await ask('people.list', {})).toMatchObject({ total: 0 });
  const kept = JSON.parse((await inStore((store) => store.getSecret('cards.list')))!.toString()) as unknown;
  const issuedAt = expect.any(String) as string;
  expect(kept).toEqual([{ cardId, issuedAt, validUntil: '2099-12-31', revokedAt: null, faceId: null }]);
  // Nor does the card or the picture lie in any file.
  for (const name of await readdir(at.dataDir, { recursive: true })) {
    const bytes = await readFile(join(at.dataDir, name)).catch(() => Buffer.alloc(0));
    expect([name, bytes.includes(card.slice(8, 40))]).toEqual([name, false]);
    expect([name, bytes.includes(aliceElsewhere.subarray(200, 264))]).toEqual([name, false]);
  }
});

it('gives somebody enrolled a card at the screen, and takes it back by its number', async () => {
  const faceId = await at.enrolAlice();
  const { cardId, text } = await ask('cards.issue', { faceId });
  await ask('people.edit', { faceId, name: 'Alicia' });
  await show(text);
  expect(await visit(text, stranger, stranger)).toMatchObject({ outcome: 'denied', person: null });
  expect(await visit(text, alice, aliceElsewhere)).toMatchObject({
    outcome: 'granted',
    person: { faceId, name: 'Alicia' },
  });
  expect((await ask('events.list', {})).events[0]).toMatchObject({ outcome: 'granted', faceId, cardId });
  const issuedAt = expect.any(String) as string;
  const kept = { cardId, issuedAt, validUntil: null, faceId, holder: { name: 'Alicia' } };
  expect(await ask('cards.list', {})).toEqual({ cards: [{ ...kept, revokedAt: null }], total: 1 });
  const { entries } = await readAuditLog(at.dataDir, inRoot('key'));
  const issued = { kind: 'card-issued', cardId, consent: null, faceId };
  expect(entries).toContainEqual(['operator:administrator', issued]);

  await ask('cards.revoke', { cardId });
  await expect(show(text)).rejects.toMatchObject({ code: 'card-revoked' });
  const revokedAt = expect.any(String) as string;
  expect(await ask('cards.list', {})).toEqual({ cards: [{ ...kept, revokedAt }], total: 1 });
  const last = async (): Promise<unknown> => {
    for (let i = 0; i < 99; i++) await at.openScreen().handle('visit.card', { card: text });
    return await at.openScreen().handle('visit.card', { card: text });
  };
  // Each would be a line of two logs.
  expect(await last()).toMatchObject({ ok: false, error: { code: 'rate-limited' } });
  expect(await ask('cards.list', { offset: 1 })).toEqual({ cards: [], total: 1 });
  // Who had it is enrolled still.
  expect(await ask('people.list', {})).toMatchObject({ total: 1 });
});

it('ends a card with the enrolment of who holds it, however they leave', async () => {
  const [sealed, passphrase] = [inRoot('sealed'), inRoot('passphrase')];
  await writeFile(passphrase, 'correct horse battery', { mode: 0o600 });
  const way = [sealed, '--with-passphrase-file', passphrase];
  expect((await command('card', 'export-key', ...way)).status).toBe(0);
  const leave: ((faceId: string) => Promise<unknown>)[] = [
    (faceId) => ask('people.remove', { faceId }),
    (faceId) => ask('people.withdraw', { faceId }),
    (faceId) => command('delete', '--face', faceId),
    () => inStore((store) => store.resetCollection(LOCAL_ACCOUNT, 'default')),
  ];
  for (const [i, each] of leave.entries()) {
    const faceId = await at.enrolAlice();
    await inStore((store) => store.setExternalKey(LOCAL_ACCOUNT, 'default', faceId, 'alice', false));
    const out = inRoot('enrolled.png');
    const who = i === 0 ? ['--key', 'alice'] : ['--face', faceId];
    const { answer, status } = await command('card', 'issue', ...who, '--out', out);
    expect(status).toBe(0);
    const text = (await readCode(await readFile(out)))!;
    await rm(out);
    await show(text);
    await each(faceId);
    const { cards } = await ask('cards.list', {});
    expect(cards[0]).toMatchObject({ cardId: answer['cardId'], faceId, revokedAt: null, holder: null });
    await expect(show(text)).rejects.toMatchObject({ code: 'card-revoked' });
    // Nor does it come back with the key, with a list that knows nothing of it, or with another enrolment.
    await inStore((store) => store.setSecret('cards.list', null));
    await expect(show(text)).rejects.toMatchObject({ code: 'card-revoked' });
    expect((await command('card', 'import-key', ...way)).status).toBe(0);
    await at.enrolAlice();
    await expect(show(text)).rejects.toMatchObject({ code: 'card-revoked' });
    await inStore((store) => store.resetCollection(LOCAL_ACCOUNT, 'default'));
  }
});

it('ends a card where nobody is recognised by its holder’s pictures any more', async () => {
  const faceId = await at.enrolAlice();
  const { text } = await ask('cards.issue', { faceId });
  await show(text);
  // As a server may take a picture away: they are listed still.
  await inStore(async ({ users }) => {
    const [template] = await users.templates(LOCAL_ACCOUNT, 'default', faceId);
    await users.removeTemplate(LOCAL_ACCOUNT, 'default', template!.uid, () => []);
  });
  expect(await ask('people.list', {})).toMatchObject({ total: 1 });
  await expect(show(text)).rejects.toMatchObject({ code: 'card-revoked' });
});

it('goes by the validity that is known now of who holds a card', async () => {
  const faceId = await at.enrolAlice();
  const { text } = await ask('cards.issue', { faceId });
  expect((await command('edit', '--face', faceId, '--valid-until', '2020-12-31')).status).toBe(0);
  expect(await visit(text, alice, aliceElsewhere)).toMatchObject({ reasons: ['access-expired'] });
});

it('opens nothing by a card that is revoked, or whose holder leaves, while the visit is open', async () => {
  const faceId = await at.enrolAlice();
  for (const end of [
    async (cardId: string) => await ask('cards.revoke', { cardId }),
    async () => await ask('people.remove', { faceId }),
  ]) {
    const { text, cardId } = await ask('cards.issue', { faceId });
    const { visitId } = await ask('visit.begin', { card: text });
    await end(cardId);
    const frames = [alice, aliceElsewhere].map((image, i): VisitFrame => ({
      image,
      capturedAt: i,
      moment: { kind: 'frontal' },
    }));
    await ask('visit.frames', { visitId, from: 0, frames });
    const decided = ask('visit.submit', { visitId, frameCount: frames.length });
    await expect(decided).rejects.toMatchObject({ code: 'card-revoked' });
  }
});

it('gives a card at the screen to nobody who did not agree, or is gone, and by no auditor', async () => {
  const faceId = await at.enrolAlice();
  await ask('settings.update', { consent: { version: '1', purpose: 'entry', text: 'I agree.' } });
  await expect(ask('cards.issue', { faceId })).rejects.toMatchObject({ code: 'consent-missing' });
  await ask('settings.update', { consent: null });
  await ask('people.remove', { faceId });
  await expect(ask('cards.issue', { faceId })).rejects.toMatchObject({ code: 'face-not-found' });
  expect(await ask('cards.list', {})).toEqual({ cards: [], total: 0 });

  const { operators } = await ask('operators.add', { name: 'Sam', role: 'auditor', pin: '482951' });
  const auditor = at.openScreen();
  await ask('operator.login', { pin: '482951', operatorId: operators[1]!.operatorId }, auditor);
  const refused = { code: 'role-required' };
  await expect(ask('cards.issue', { faceId }, auditor)).rejects.toMatchObject(refused);
  await expect(ask('cards.list', {}, auditor)).rejects.toMatchObject(refused);
  await expect(ask('cards.revoke', { cardId: `card_${'0'.repeat(16)}` }, auditor)).rejects.toMatchObject(
    refused,
  );
});

it('lets nobody in by their face alone who has a card', async () => {
  await issue();
  expect(await visit(null, alice, aliceElsewhere)).toMatchObject({
    outcome: 'denied',
    reasons: ['empty-gallery'],
  });
});

it('asks the access rules about the card', async () => {
  const { card, cardId } = await issue('--valid-until', '2020-12-31');
  expect(await visit(card, alice, aliceElsewhere)).toMatchObject({
    outcome: 'denied',
    reasons: ['access-expired'],
  });
  expect((await ask('events.list', {})).events[0]).toMatchObject({ outcome: 'denied', cardId });
});

it('takes none that is revoked, of another deployment or model, damaged, or while that is off', async () => {
  const { card, cardId } = await issue();
  await show(card);
  expect((await command('card', 'revoke', cardId)).status).toBe(0);
  const revoked = { code: 'card-revoked' };
  await expect(ask('visit.begin', { card })).rejects.toMatchObject(revoked);
  expect((await ask('events.list', {})).events[0]).toMatchObject({ reasons: ['card-revoked'], cardId });
  const revokedAt = expect.any(String) as string;
  expect((await command('card', 'list')).answer['cards']).toMatchObject([{ cardId, revokedAt }]);
  // Such a card is no guess: it may be shown however often.
  for (let i = 0; i < 6; i += 1) await expect(show(card)).rejects.toMatchObject(revoked);

  const key = (await inStore((store) => store.getSecret('cards.key')))!;
  const template = new Float32Array(512).fill(1 / Math.sqrt(512));
  const about = { name: null, groups: [], validFrom: null, validUntil: null, consentVersion: null };
  const made = {
    ...about,
    faceId: null,
    cardId: 'card_00000000000000aa',
    issuedAt: new Date(),
    template,
    modelId: 'old',
  };
  await expect(show(sealCard(key, made))).rejects.toMatchObject({ code: 'card-outdated' });
  for (const text of ['LINTEL1:', 'https://site.example', `LINTEL1:${'0'.repeat(2000)}`]) {
    await expect(show(text)).rejects.toMatchObject({ code: 'usage' });
  }
  // Forged ones count as wrong codes do.
  const foreign = sealCard(new Uint8Array(32), made);
  const cut = card.slice(0, -3);
  for (const forged of [foreign, cut, foreign, cut, foreign]) {
    await expect(show(forged)).rejects.toMatchObject({ code: 'card-invalid' });
  }
  await expect(show(foreign)).rejects.toMatchObject({ code: 'kiosk-paused' });
  await expect(ask('visit.code', { code: '12345678' })).rejects.toMatchObject({ code: 'kiosk-paused' });
  await signIn();
  await ask('settings.update', { cards: false });
  await expect(show(card)).rejects.toMatchObject({ code: 'cards-off' });
});

it('reads those of another appliance that handed over its key, and none once that is turned', async () => {
  const { cardId, card } = await issue();
  const [sealed, passphrase] = [inRoot('sealed'), inRoot('passphrase')];
  await writeFile(passphrase, 'correct horse battery', { mode: 0o600 });
  const way = [sealed, '--with-passphrase-file', passphrase];
  expect((await command('card', 'export-key', ...way)).status).toBe(0);
  const key = (await inStore((store) => store.getSecret('cards.key')))!;
  expect((await readFile(sealed)).includes(Buffer.from(key))).toBe(false);
  expect((await command('card', 'turn-key')).status).toBe(0);
  await expect(show(card)).rejects.toMatchObject({ code: 'card-invalid' });
  expect((await command('card', 'import-key', ...way)).status).toBe(0);
  await show(card);
  // The key that is here already brings back nothing that was revoked.
  expect((await command('card', 'revoke', cardId)).status).toBe(0);
  expect((await command('card', 'import-key', ...way)).status).toBe(0);
  await expect(show(card)).rejects.toMatchObject({ code: 'card-revoked' });
  expect((await command('card', 'turn-key')).status).toBe(0);
  expect((await command('card', 'import-key', ...way)).status).toBe(0);
  await expect(show(card)).rejects.toMatchObject({ code: 'card-revoked' });
  await writeFile(passphrase, 'another one altogether');
  expect((await command('card', 'import-key', ...way)).answer).toMatchObject({
    error: { code: 'store-key-wrong' },
  });
});

it('needs a face, and asks for consent as an enrolment does', async () => {
  const out = inRoot('none.svg');
  await writeFile(inRoot('empty.jpg'), '');
  const refused = await command('card', 'issue', inRoot('empty.jpg'), '--out', out);
  expect(refused.answer).toMatchObject({ error: { code: 'image-empty' } });
  await expect(readFile(out)).rejects.toMatchObject({ code: 'ENOENT' });
  // No camera is named: it is the first one, which a machine for tests does not have.
  const taken = await command('card', 'issue', '--camera', '--out', out);
  expect(taken.answer).toMatchObject({ error: { code: 'camera-unavailable' } });
  const consent = { version: '1', purpose: 'entry', text: 'Your template is on your card alone.' };
  await ask('settings.update', { consent });
  const unasked = await command('card', 'issue', inRoot('alice.jpg'), '--out', out);
  expect(unasked.answer).toMatchObject({ error: { code: 'consent-missing' } });
  const { cardId } = await issue('--consent', 'signature');
  const { entries } = await readAuditLog(at.dataDir, inRoot('key'));
  const agreed = { version: '1', purpose: 'entry', termDays: null, way: 'signature' };
  expect(entries.map(([, entry]) => entry)).toContainEqual({ kind: 'card-issued', cardId, consent: agreed });
});
