import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyReceipt } from '#core/audit';
import { readAuditLog } from '../support/audit-log.ts';
import { kimAtKiosk, PIN } from '../support/kiosk-client.ts';

let its: Awaited<ReturnType<typeof kimAtKiosk>>;
beforeAll(async () => {
  its = await kimAtKiosk();
});
afterAll(() => its.kiosk.close());

it('names sign-ins, refusals, decisions and changes, and who made them', async () => {
  const { kim, photo, kiosk } = its;
  await kiosk.ask('operator.set-pin', { pin: PIN, currentPin: PIN });
  await expect(kiosk.ask('operator.login', { pin: '000000' })).rejects.toMatchObject({ code: 'pin-wrong' });
  const faceId = await kiosk.enrol(photo, 'Kim Possible');
  const { code } = await kiosk.ask('people.give-code', { faceId });
  await kiosk.ask('visit.code', { code });
  await kiosk.ask('visit.code', { code: '00000000' });
  const { visitId } = await kiosk.ask('visit.begin', {});
  expect(await kiosk.visit(kim)).toMatchObject({ outcome: 'granted', person: { faceId } });
  const still = [0, 1, 2].map((i) => ({
    image: photo,
    capturedAt: i,
    moment: { kind: 'frontal' as const },
  }));
  expect(await kiosk.send(visitId, still, 100)).toMatchObject({ outcome: 'denied' });
  await kiosk.ask('settings.update', { sound: false });
  await kiosk.ask('people.remove', { faceId });

  const { publicKey, entries } = await readAuditLog(kiosk.dataDir, kiosk.keyFile);
  const decision = { kind: 'decision', outcome: 'denied', faceId: null };
  const granted = { ...decision, outcome: 'granted', faceId };
  expect(entries).toMatchObject([
    ['operator', { kind: 'collection-created' }],
    ['operator', { kind: 'key-changed', what: 'operator-pin' }],
    ['operator', { kind: 'sign-in-refused', code: 'pin-wrong' }],
    ['operator:administrator', { kind: 'signed-in' }],
    ['operator:administrator', { kind: 'enrolled', faceId }],
    ['operator:administrator', { kind: 'access-code-set', faceId }],
    ['device', { ...granted, visitId: null, reasons: ['code'], scores: null }],
    ['device', { ...decision, visitId: null, reasons: ['code-wrong'], scores: null }],
    ['device', { ...granted, reasons: ['match'], scores: { passive: expect.any(Number) } }],
    ['device', { ...decision, visitId, scores: { leastDifference: 0 } }],
    ['operator:administrator', { kind: 'settings-changed', changes: { sound: false } }],
    ['operator:administrator', { kind: 'erased', faces: [{ faceId }] }],
    ['device', { kind: 'checkpoint' }],
  ]);
  expect(JSON.stringify(entries)).not.toMatch(new RegExp(`Kim|271828|${code}`));
  const receipt = await readFile(join(kiosk.dataDir, 'receipts', `${faceId}.json`), 'utf8');
  expect(verifyReceipt(receipt, publicKey)).toMatchObject({
    by: 'operator:administrator',
    faces: [{ faceId }],
  });
});
