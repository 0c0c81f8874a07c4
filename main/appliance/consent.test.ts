import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lintel, mustRun } from '../../test/support/appliance.ts';
import { appliancePerTest, pictures } from '../../test/support/appliance-per-test.ts';
import { readAuditLog } from '../../test/support/audit-log.ts';

const at = appliancePerTest();
const { ask, signIn } = at;

/** For commands beside the appliance. */
const place = () => ({ data: at.dataDir, keyFile: join(at.root, 'key'), remove: async () => undefined });
const recorded = async () =>
  (await readAuditLog(at.dataDir, join(at.root, 'key'))).entries.filter(([, { kind }]) =>
    kind.startsWith('consent-'),
  );
const consent = { version: 'v1', purpose: 'check-in', text: 'I agree.' };

it('begins no visit before the notice was agreed to, where there is one, and notes what became of it', async () => {
  await signIn();
  await ask('settings.update', { notice: true });
  await expect(ask('visit.begin', {})).rejects.toMatchObject({ code: 'notice-unanswered' });
  expect(await ask('visit.begin', { agreed: true })).toMatchObject({ level: 'steps' });
  await ask('visit.notice', { kind: 'alternative-offered' });
  const { events } = await ask('events.list', {});
  expect(events).toMatchObject([{ kind: 'alternative-offered', faceId: null, outcome: null }]);
  const telling = async (): Promise<void> => {
    // Nor does it help a screen that lies to connect again.
    for (let i = 0; i < 100; i++) await ask('visit.notice', { kind: 'alternative-offered' }, at.openScreen());
  };
  await expect(telling()).rejects.toMatchObject({ code: 'rate-limited' });
});

it('enrols nobody who has not agreed to the text in force, and forgets by one request who takes that back', async () => {
  await signIn();
  await ask('settings.update', { consent, keepPeopleDays: 365 });
  const enrol = (consented?: string) =>
    ask('people.enrol', {
      metadata: { name: 'Alice' },
      externalKey: 'a-1',
      images: [pictures.alice],
      ...(consented !== undefined && { consented }),
    });
  await expect(enrol()).rejects.toMatchObject({ code: 'consent-missing' });
  await expect(enrol('v0')).rejects.toMatchObject({ code: 'consent-missing' });
  const { face } = await enrol('v1');
  const imported = (consented: string | null) =>
    ask('people.import', {
      person: { name: 'Alice', externalKey: 'a-1', access: null },
      images: [pictures.alice],
      consented,
    });
  await expect(imported(null)).rejects.toMatchObject({ code: 'consent-missing' });
  await expect(imported('v0')).rejects.toMatchObject({ code: 'consent-missing' });
  expect(await imported('v1')).toMatchObject({ outcome: 'known' });
  expect(face?.metadata.consent).toMatchObject({
    version: 'v1',
    purpose: 'check-in',
    termDays: 365,
    way: 'tick',
  });

  // A name that is corrected takes nobody's consent; another text is agreed to on paper.
  await ask('settings.update', { consent: { ...consent, version: 'v2' } });
  const named = ['--collection', 'default', '--key', 'a-1'];
  await mustRun(place(), 'edit', ...named, '--name', 'Alice L.');
  await mustRun(place(), 'consent', 'give', ...named);

  await ask('people.withdraw', { faceId: face!.faceId });
  expect(await ask('people.list', {})).toMatchObject({ total: 0 });
  expect(await readdir(join(at.dataDir, 'receipts'))).toEqual([`${face!.faceId}.json`]);
  const where = { account: 'local', collectionId: 'default', faceId: face!.faceId };
  const given = { ...where, kind: 'consent-given', purpose: 'check-in', termDays: 365 };
  expect(await recorded()).toEqual([
    ['operator:administrator', { ...given, version: 'v1', way: 'tick' }],
    ['command-line', { ...given, version: 'v2', way: 'signature' }],
    ['operator:administrator', { ...where, kind: 'consent-withdrawn', version: 'v2' }],
  ]);
});

it('forgets at the command line who takes consent back, with a receipt', async () => {
  await signIn();
  const faceId = await at.enrolAlice();
  const { status, answer } = await lintel(place(), 'consent', 'withdraw', '--key', 'a-1');
  expect(status).toBe(0);
  expect(answer).toMatchObject({ receipt: { faces: [{ faceId }], by: 'command-line' } });
  expect(await ask('people.list', {})).toMatchObject({ total: 0 });
  expect(await recorded()).toMatchObject([['command-line', { kind: 'consent-withdrawn', version: null }]]);
});

it('imports nobody who has not signed the text in force, on the screen and at the command line', async () => {
  await signIn();
  await ask('settings.update', { consent });
  const person = { name: 'Alice', externalKey: 'a-1', access: null };
  expect(await ask('people.import', { person, images: [pictures.alice], consented: 'v1' })).toMatchObject({
    outcome: 'enrolled',
  });
  const list = join(at.root, 'people.csv');
  await writeFile(list, 'key,pictures\nb-1,stranger.jpg\n');
  await writeFile(join(at.root, 'stranger.jpg'), pictures.stranger);
  const importing = (...words: string[]) =>
    lintel(place(), 'import', '--collection', 'default', list, ...words);
  expect(await importing()).toMatchObject({ answer: { error: { code: 'consent-missing' } } });
  expect(await importing('--consent', 'signature')).toMatchObject({ answer: { counted: { enrolled: 1 } } });
  const signed = { kind: 'consent-given', version: 'v1', way: 'signature' };
  expect(await recorded()).toMatchObject([
    ['operator:administrator', signed],
    ['command-line', signed],
  ]);
});

it('notes on the screen that somebody who is enrolled agrees to the text in force', async () => {
  await signIn();
  const faceId = await at.enrolAlice();
  const agree = (consented: string) => ask('people.edit', { faceId, consented });
  await expect(agree('v1')).rejects.toMatchObject({ code: 'consent-missing' });
  await ask('settings.update', { consent });
  await expect(agree('v0')).rejects.toMatchObject({ code: 'consent-missing' });
  const { metadata } = await agree('v1');
  expect(metadata).toMatchObject({ name: 'Alice', consent: { version: 'v1', way: 'tick', termDays: null } });
  await ask('people.edit', { faceId, name: 'Alicia' });
  const { faces } = await ask('people.list', {});
  expect(faces[0]!.metadata).toEqual({ ...metadata, name: 'Alicia' });
  expect(await recorded()).toMatchObject([
    ['operator:administrator', { kind: 'consent-given', faceId, version: 'v1', way: 'tick' }],
  ]);
});
