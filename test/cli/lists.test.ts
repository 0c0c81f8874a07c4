import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LOCAL_ACCOUNT } from '#core/store';
import { newFaceId, newReference } from '../../core/store/testing/made-up-faces.ts';
import { temporaryStore, type TemporaryStore } from '../../core/store/testing/temporary-store.ts';
import { eventOf } from '../../main/doors/index.ts';
import { said } from '../support/appliance.ts';

let place: TemporaryStore;

const run = (...words: string[]) =>
  said({ data: join(place.dir, 'data'), keyFile: join(place.dir, 'key') }, ...words);

const headsOf = (text: string): string[] => text.split('\n')[0]!.split(/ {2,}/);

const TARGETS = ['Target', 'Address', 'Kinds', 'Waiting', 'Failed'];

beforeAll(async () => {
  place = await temporaryStore();
  const { store } = place;
  await store.createCollection(LOCAL_ACCOUNT, 'staff');
  await store.addFace(LOCAL_ACCOUNT, 'staff', { faceId: newFaceId(), references: [newReference()] });
  await store.events.add({ ...eventOf('door-forced', null), at: '2026-11-25T13:00:00.000Z' });
  await store.close();
});
afterAll(() => place.remove());

it.each([
  ['collections', ['Collection', 'Made', 'Description']],
  ['faces --collection staff', ['Face', 'Key', 'Name', 'To do']],
  ['events', ['At', 'What', 'Outcome', 'Who', 'Reasons', 'Detail']],
  ['audit tail', ['Line', 'At', 'By', 'What', 'Details']],
  ['settings show', ['Setting', 'Value']],
  ['models list', ['Name', 'Network', 'State', 'Licence', 'File']],
])('heads stand above what is listed by %s', async (command, heads) => {
  expect(headsOf(await run(...command.split(' ')))).toEqual(heads);
});

it.each([
  [
    'visitor add --name Ada --from 2099-01-01',
    'visitor',
    ['Visitor', 'From', 'Until', 'State', 'Name', 'Host'],
  ],
  ['webhook add https://www.example.com/door', 'webhook', TARGETS],
  ['mqtt add mqtts://broker.example:8883 --topic lintel/front', 'webhook', TARGETS],
  ['mail add smtps://mail.example:465 --from door@example.com', 'webhook', TARGETS],
])('says the id, which its list has under a head, and which others take: %s', async (add, kind, heads) => {
  const added = await run(...add.split(' '));
  const listed = await run(kind, 'list');
  expect(headsOf(listed)).toEqual(heads);
  const [, id] = /\n(\S+)/.exec(listed)!;
  expect(added).toContain(id);
  expect(await run(kind, 'remove', id!)).toContain(id);
});

it('says the id of the first key of an account, by which it is revoked', async () => {
  const [, keyId] = /with the key (\S+)\./.exec(await run('account', 'create', 'ACME'))!;
  const listed = await run('account', 'list');
  expect(headsOf(listed)).toEqual(['Account', 'Key', 'Scopes', 'Name']);
  expect(listed).toContain(`  ${keyId}  `);
  expect(await run('account', 'origins', 'list', keyId!)).toBe('No page may use tokens of this key.\n');
  await run('account', 'origins', 'add', keyId!, 'https://www.example.com');
  expect(headsOf(await run('account', 'origins', 'list', keyId!))).toEqual(['Origin']);
  await run('account', 'keys', 'revoke', keyId!);
  expect(await run('account', 'list')).toMatch(/^acct_\S+ +- +- +ACME$/m);
});

it('lists operators and cards with heads', async () => {
  await run('pin', 'set');
  expect(headsOf(await run('operator', 'list'))).toEqual(['Operator', 'Role', 'Name']);
  await run('card', 'revoke', 'card_0123456789abcdef');
  expect(headsOf(await run('card', 'list'))).toEqual(['Card', 'Issued', 'Good until', 'Revoked', 'Face']);
});
