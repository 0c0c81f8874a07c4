import { describe, expect, it } from 'vitest';
import { DESCRIPTOR_LENGTH, type NewEvent } from '#contract';
import type { Delivery } from '../server-records.ts';
import type { Store } from '../store.ts';
import { KEPT_SIGN_INS } from '../tables/profiles.ts';
import { WEBHOOK_LIMITS } from '../tables/webhook-table.ts';
import { newFaceId, newReference, newTemplate, type OpenStore } from './made-up-faces.ts';
import { A, auditOf, B, storePerTest } from './store-per-test.ts';

const newDescriptor = (): Float32Array => newTemplate(DESCRIPTOR_LENGTH).map((value) => value * 1.4);
const event = (kind: NewEvent['kind'], userId = 'ada'): NewEvent => ({
  kind,
  data: { userId, email: null, similarity: null, qualityScore: null, ipAddress: null },
});
const signIn = { isSuccess: true, similarity: 0.7, address: '203.0.113.7', userAgent: 'x' };

const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000 + 1000);

const bodies = (deliveries: readonly Delivery[]): unknown[] =>
  deliveries.map(({ body }) => (JSON.parse(body) as { event: string }).event);

/** Users, second templates and webhooks in every {@link Store}. @param fresh makes a new, empty place */
export function describeUsers(fresh: () => Promise<OpenStore>): void {
  describe('a store of users', () => {
    const place = storePerTest(fresh);

    /** Enrols a user by a descriptor. */
    async function enrol(externalKey: string, parts: object = {}): Promise<{ faceId: string; uid: string }> {
      const faceId = newFaceId();
      const person = { faceId, externalKey, metadata: {}, email: null, events: [], quality: 0.5 };
      const user = { ...person, descriptor: newDescriptor(), ...parts };
      return { faceId, uid: await place.store.users.enrolByDescriptor(A, 'c', user) };
    }

    describe('descriptors', () => {
      it('come with a reference and go with it, or stand for a face alone', async () => {
        const { store } = place;
        const descriptor = newDescriptor();
        const { faceId } = await store.addFace(A, 'c', {
          faceId: newFaceId(),
          externalKey: 'ada',
          references: [{ ...newReference(), descriptor }],
        });
        const alone = await enrol('bob');
        const kept = await store.descriptors(A, await store.descriptorIds(A, 'c'));
        expect(kept.map(({ faceId: of, isForeign }) => [of, isForeign])).toEqual([
          [faceId, false],
          [alone.faceId, true],
        ]);
        expect(await store.descriptors(B, await store.descriptorIds(A, 'c'))).toEqual([]);
        const [made] = (await store.personalData(A, 'c', faceId)).descriptors;
        expect(Math.max(...made!.map((value, i) => Math.abs(value - descriptor[i]!)))).toBeLessThan(1e-5);
        const [template] = await store.users.templates(A, 'c', faceId);
        await store.users.removeTemplate(A, 'c', template!.uid, () => []);
        await store.users.removeTemplate(A, 'c', alone.uid, () => []);
        expect(await store.descriptorIds(A, 'c')).toEqual([]);
        await expect(store.users.removeTemplate(A, 'c', alone.uid, () => [])).rejects.toMatchObject({
          code: 'user-template-not-found',
        });
      });

      it('are rotated with the templates by another secret, and an inspection opens them', async () => {
        const { store } = place;
        const descriptor = newDescriptor();
        const { faceId } = await enrol('ada', { descriptor });
        const [before] = await store.descriptors(A, await store.descriptorIds(A, 'c'));
        await store.renewProtection();
        const [after] = await store.descriptors(A, await store.descriptorIds(A, 'c'));
        expect(after!.descriptor).not.toEqual(before!.descriptor);
        const [made] = (await store.personalData(A, 'c', faceId)).descriptors;
        expect(Math.max(...made!.map((value, i) => Math.abs(value - descriptor[i]!)))).toBeLessThan(1e-5);
        expect(await store.inspectSealed()).toBe(1);
      });

      it('go from an account that is to have none, which is recorded', async () => {
        const { store } = place;
        const hash = new Uint8Array(32);
        await store.accounts.add(A, 'Ada', { keyId: 'k', hash, scopes: ['read'] });
        await store.accounts.setDescriptors(A, true);
        await enrol('ada');
        const revision = await store.revision(A, 'c');
        expect(await store.accounts.setDescriptors(A, false)).toBe(1);
        expect(await store.revision(A, 'c')).not.toBe(revision);
        expect(await store.descriptorIds(A, 'c')).toEqual([]);
        await store.accounts.setPlan(A, 'pro');
        expect((await auditOf(store)).slice(-2).map(([, entry]) => entry)).toEqual([
          { kind: 'account-descriptors-set', account: A, allowed: false, removed: 1 },
          { kind: 'account-plan-set', account: A, plan: 'pro' },
        ]);
      });
    });

    describe('users', () => {
      it('have an address that no other user of the account has', async () => {
        const { store } = place;
        await enrol('ada', { email: 'a@b.example' });
        await expect(enrol('bob', { email: 'a@b.example' })).rejects.toMatchObject({ code: 'email-exists' });
        expect(await store.users.withEmail(A, 'a@b.example')).toBe('ada');
        expect(await store.users.withEmail(B, 'a@b.example')).toBeNull();
        await store.resetCollection(A, 'c');
        await enrol('bob', { email: 'a@b.example' });
      });

      it('keep the newest sign-ins, and count all', async () => {
        const { store } = place;
        const { faceId, uid } = await enrol('ada');
        for (let i = 0; i < KEPT_SIGN_INS + 2; i++) {
          await store.users.signIn(A, 'c', faceId, { ...signIn, isSuccess: i > 0, uid, events: [] });
        }
        const all = await store.users.signIns(A, 'c', faceId, { offset: 0, limit: 1, isSuccess: null });
        expect(all.total).toBe(KEPT_SIGN_INS);
        const user = await store.users.get(A, 'c', 'ada');
        expect([user.successes, user.failures]).toEqual([KEPT_SIGN_INS + 1, 1]);
        const [template] = await store.users.templates(A, 'c', faceId);
        expect(template).toMatchObject({ uid, uses: KEPT_SIGN_INS + 2, lastUsed: user.lastLogin });
      });
    });

    describe('the outbox of webhooks', () => {
      const now = new Date();
      const kinds = ['face.registered', 'face.verified', 'user.deleted'] as const;

      it('is written with the change, or not at all', async () => {
        const { store } = place;
        await store.webhooks.add(A, { url: 'https://a.example', kinds, secret: 's' });
        const announced = [event('face.registered')];
        const { faceId } = await enrol('ada', { events: announced, email: 'a@b.example' });
        await expect(enrol('bob', { events: announced, email: 'a@b.example' })).rejects.toMatchObject({
          code: 'email-exists',
        });
        // No webhook of another account hears of it, nor of a kind that was not asked for.
        await store.webhooks.add(B, { url: 'https://b.example', kinds, secret: 's' });
        const events = [event('face.failed'), event('face.verified')];
        await store.users.signIn(A, 'c', faceId, { ...signIn, uid: null, events });
        const [webhook] = await store.webhooks.waiting(new Date());
        expect(await store.webhooks.waiting(new Date())).toHaveLength(1);
        // One of a subject at a time.
        expect(bodies(await store.webhooks.due(webhook!.webhook, new Date(), 9))).toEqual([
          'face.registered',
        ]);
        const [first] = await store.webhooks.due(webhook!.webhook, new Date(), 9);
        await store.webhooks.delivered(first!.id);
        expect(bodies(await store.webhooks.due(webhook!.webhook, new Date(), 9))).toEqual(['face.verified']);
      });

      it('holds everything back from an address that took nothing five times, until it is tested', async () => {
        const { store } = place;
        const { webhookId } = await store.webhooks.add(A, { url: 'https://a.example', kinds, secret: 's' });
        await enrol('ada', { events: [event('face.registered')] });
        const waits = [];
        let at = new Date(Date.now() + 1000);
        for (let i = 0; i < 5; i++) {
          const [webhook] = await store.webhooks.waiting(at);
          const [first] = await store.webhooks.due(webhook!.webhook, at, 9);
          await store.webhooks.refused(first!.id, at);
          const next = await store.webhooks.next();
          waits.push(next === null ? null : (next - at.getTime()) / 60_000);
          at = new Date(next ?? at);
        }
        expect(waits).toEqual([1, 5, 30, 120, null]);
        expect((await store.webhooks.list(A))[0]).toMatchObject({ isFailing: true });
        await store.webhooks.resume(A, webhookId, now);
        expect(await store.webhooks.waiting(new Date())).toHaveLength(1);
        expect((await auditOf(store)).map(([, { kind }]) => kind)).toEqual(
          expect.arrayContaining(['webhook-added', 'webhook-failing', 'webhook-resumed']),
        );
      });

      it.each<[string, (store: Store, faceId: string) => Promise<unknown>]>([
        ['a user is', (store) => store.users.delete(A, 'c', 'ada', () => [event('user.deleted')])],
        ['a face is', (store, faceId) => store.deleteFace(A, 'c', faceId)],
        ['faces under a key are', (store) => store.deleteFacesByExternalKey(A, 'c', 'ada')],
        ['a collection is', (store) => store.deleteCollection(A, 'c')],
        ['a collection is emptied, as all in it is', (store) => store.resetCollection(A, 'c')],
        ['a face is erased, as it is', (store, faceId) => store.erase(A, { faceId })],
      ])('forgets what waits about a face when %s deleted', async (what, remove) => {
        const { store } = place;
        await store.webhooks.add(A, { url: 'https://a.example', kinds, secret: 's' });
        const { faceId } = await enrol('ada', { events: [event('face.registered')] });
        const events = [event('face.verified')];
        await store.users.signIn(A, 'c', faceId, { ...signIn, uid: null, events });
        await remove(store, faceId);
        const told: unknown[] = [];
        for (;;) {
          const [webhook] = await store.webhooks.waiting(new Date());
          if (webhook === undefined) break;
          const due = await store.webhooks.due(webhook.webhook, new Date(), 9);
          told.push(...bodies(due));
          for (const { id } of due) await store.webhooks.delivered(id);
        }
        expect(told).toEqual(what === 'a user is' ? ['user.deleted'] : []);
      });

      it('forgets what has waited for days, also where its address was tested again', async () => {
        const { store } = place;
        const { webhookId } = await store.webhooks.add(A, { url: 'https://a.example', kinds, secret: 's' });
        await enrol('ada', { events: [event('face.registered')] });
        const last = inDays(WEBHOOK_LIMITS.days - 1);
        const [webhook] = await store.webhooks.waiting(new Date());
        const [first] = await store.webhooks.due(webhook!.webhook, new Date(), 9);
        for (let i = 0; i < 5; i++) await store.webhooks.refused(first!.id, last);
        await store.webhooks.resume(A, webhookId, last);
        expect(await store.webhooks.prune(last)).toBe(0);
        expect(await store.webhooks.waiting(last)).toHaveLength(1);
        expect(await store.webhooks.prune(inDays(WEBHOOK_LIMITS.days))).toBe(1);
        expect(await store.webhooks.next()).toBeNull();
      });

      it('holds nothing back that a clock which was ahead put off', async () => {
        const { store } = place;
        await store.webhooks.add(A, { url: 'https://a.example', kinds, secret: 's' });
        await enrol('ada', { events: [event('face.registered')] });
        const ahead = new Date(Date.now() + 10 * 365 * 86_400_000);
        const [webhook] = await store.webhooks.waiting(ahead);
        const [first] = await store.webhooks.due(webhook!.webhook, ahead, 9);
        await store.webhooks.refused(first!.id, ahead);
        expect(await store.webhooks.waiting(ahead)).toEqual([]);
        expect(await store.webhooks.waiting(new Date())).toEqual([webhook]);
        expect(await store.webhooks.due(webhook!.webhook, new Date(), 9)).toHaveLength(1);
      });

      it('tells of a deletion, but nothing once a receipt is asked for', async () => {
        const { store } = place;
        await store.webhooks.add(A, { url: 'https://a.example', kinds, secret: 's' });
        const { faceId } = await enrol('ada');
        expect(await store.users.delete(A, 'c', 'ada', () => [event('user.deleted')])).toEqual({
          templates: 1,
          signIns: 0,
        });
        expect(await store.webhooks.waiting(new Date())).toHaveLength(1);
        await store.receipt(A, faceId);
        expect(await store.webhooks.waiting(new Date())).toEqual([]);
      });
    });
  });
}
