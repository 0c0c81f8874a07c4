import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { appliancePerTest, pictures } from '../../test/support/appliance-per-test.ts';
import { readAuditLog } from '../../test/support/audit-log.ts';

const { alice, aliceElsewhere, stranger, empty } = pictures;
const at = appliancePerTest();
const { ask, signIn, enrolAlice } = at;

beforeEach(signIn);

it('tries pictures: which repeat others, and who is recognised', async () => {
  const repeats = { index: 1, code: 'picture-repeats' };
  const check = async (images: Uint8Array[], faceId: string | null = null) =>
    (await ask('people.check-pictures', { images, source: 'camera', faceId })).rejected;
  expect(await check([alice, alice])).toMatchObject([repeats]);
  const faceId = await enrolAlice();
  expect(await check([alice], faceId)).toMatchObject([{ ...repeats, index: 0 }]);
  expect(await check([alice])).toEqual([]);
  const tried = async (image: Uint8Array) => await ask('people.try', { image });
  expect(await tried(aliceElsewhere)).toMatchObject({ outcome: 'granted', person: { faceId } });
  expect(await tried(stranger)).toMatchObject({ outcome: 'denied', reasons: ['no-match'], person: null });
  expect(await tried(empty)).toMatchObject({
    outcome: 'undecided',
    reasons: ['poor-quality'],
    person: null,
  });
  expect(await ask('events.list', {})).toEqual({ events: [] });
});

it('says of somebody on a list what would become of them, and enrols nobody', async () => {
  // Nobody is asked for consent before it is given.
  await ask('settings.update', { consent: { version: '1', purpose: 'entry', text: 'I agree.' } });
  const would = async (externalKey: string, ...images: Uint8Array[]) =>
    await ask('people.import', {
      person: { name: 'Alice', externalKey, access: null },
      images,
      isPreview: true,
    });
  expect(await would('a-1', alice, empty)).toMatchObject({
    outcome: 'listed',
    rejected: [{ index: 1, code: 'no-face' }],
  });
  expect(await would('a-1', empty)).toMatchObject({ outcome: 'refused', rejected: [{ index: 0 }] });
  expect(await ask('people.list', {})).toMatchObject({ total: 0 });
  await ask('settings.update', { consent: null });
  await enrolAlice();
  expect(await would('a-1', alice)).toMatchObject({ outcome: 'known' });
  expect(await would('b-1', aliceElsewhere)).toMatchObject({ outcome: 'held', alike: 'Alice' });
  expect(await ask('people.list', {})).toMatchObject({ total: 1 });
});

it('corrects a person, of whom the log and events tell', async () => {
  const faceId = await enrolAlice();
  const images = [stranger];
  await ask('people.enrol', { metadata: { name: 'Grace' }, externalKey: 'g-1', images, source: 'file' });
  const taken = ask('people.edit', { faceId, name: 'Grace', externalKey: 'g-1' });
  await expect(taken).rejects.toMatchObject({ code: 'external-key-in-use' });
  expect(await ask('people.list', { query: 'a-1' })).toMatchObject({
    faces: [{ metadata: { name: 'Alice' }, externalKey: 'a-1', lastSeenAt: null }],
  });
  const { code } = await ask('people.give-code', { faceId });
  await ask('visit.code', { code });
  expect(await ask('people.edit', { faceId, name: 'Alicia' })).toMatchObject({
    metadata: { name: 'Alicia' },
    externalKey: 'a-1',
    lastSeenAt: expect.any(String) as unknown,
  });
  expect(await ask('people.edit', { faceId, externalKey: null })).toMatchObject({
    metadata: { name: 'Alicia' },
    externalKey: null,
  });
  expect((await ask('people.pictures', { faceId })).pictures).toHaveLength(1);
  const { entries } = await readAuditLog(at.dataDir, join(at.root, 'key'));
  const ofAlice = entries.filter(([, entry]) => 'faceId' in entry && entry.faceId === faceId);
  expect(ofAlice.map(([actor, { kind }]) => `${actor}: ${kind}`)).toEqual([
    'operator:administrator: enrolled',
    'operator:administrator: access-code-set',
    'device: decision',
    'operator:administrator: face-updated',
    'operator:administrator: external-key-removed',
  ]);
});
