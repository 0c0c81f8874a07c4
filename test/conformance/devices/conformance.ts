import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileKekProvider, LOCAL_ACCOUNT, openStore, type SqlStore } from '#core/store';
import { newFaceId, newReference } from '../../../core/store/testing/made-up-faces.ts';
import { eventOf } from '../../../main/doors/index.ts';
import { exchange, joinServer, membershipOf } from '../../../main/sync/index.ts';
import { lintel, newInstallation, type Installation } from '../../support/appliance.ts';
import { send, type Answer } from '../../support/server.ts';
import type { Place } from '../place.ts';

/** What the Devices API shows of an appliance that told its server what happened. */
export function describeDevices(place: () => Place): void {
  describe('the appliances of an account', () => {
    let installation: Installation;
    let appliance: SqlStore;
    let accountId: string;
    let key: string;
    let deviceId: string;

    const as = async (target: string, apiKey = key): Promise<Answer> =>
      await send(place().server, target, { authorization: `Bearer ${apiKey}` });
    const events = async (query = '') => (await as(`GET /v1/devices/events${query}`)).body;

    beforeAll(async () => {
      const { server } = place();
      ({ accountId, apiKey: key } = await server.newCredentials('Devices'));
      const invitation = ['--account', accountId, '--name', 'North door', '--events', 'with-people'];
      const invited = await lintel(server.installation, 'device', 'invite', ...invitation);
      installation = await newInstallation();
      const { data, keyFile } = installation;
      appliance = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
      const code = String(invited.answer['code']);
      ({ deviceId } = await joinServer(appliance, { origin: server.origin }, code, 'north'));
      await appliance.createCollection(LOCAL_ACCOUNT, 'staff');
      const faceId = newFaceId();
      const person = { externalKey: 'E-7', metadata: { name: 'Robin' } };
      await appliance.addFace(LOCAL_ACCOUNT, 'staff', { faceId, references: [newReference()], ...person });
      await appliance.events.add({ ...eventOf('decision', null), outcome: 'granted', faceId });
      await appliance.events.add(eventOf('door-forced', null));
      const options = {
        store: appliance,
        modelId: () => 'none',
        version: 'test',
        dropSentImages: () => false,
      };
      await exchange(options, (await membershipOf(appliance))!, new AbortController().signal, () => {});
    });
    afterAll(async () => {
      await appliance.close();
      await installation.remove();
    });

    it('are listed, with what they tell', async () => {
      expect((await as('GET /v1/devices')).body).toEqual({
        devices: [
          {
            device_id: deviceId,
            name: 'North door',
            paired_at: expect.any(String),
            revoked_at: null,
            last_contact: expect.any(String),
            events: 'with-people',
          },
        ],
      });
    });

    it('tell what happened, page by page and by what is asked for', async () => {
      const first = await events('?limit=1');
      expect(first).toMatchObject({
        events: [{ kind: 'door-forced', device_id: deviceId, person: null }],
        next_before: expect.any(Number),
      });
      expect(await events(`?limit=1&before=${String(first['next_before'])}`)).toMatchObject({
        events: [{ kind: 'decision', outcome: 'granted', person: { external_id: 'E-7', name: 'Robin' } }],
        next_before: null,
      });
      expect(await events('?external_id=E-7&outcome=granted')).toMatchObject({
        events: [{ kind: 'decision' }],
      });
      expect(await events('?kind=tamper')).toEqual({ events: [], next_before: null });
    });

    it.each(['limit=0', 'before=x', 'from=yesterday', 'device_id=dev_1', 'kind=%00', 'face_id=1'])(
      'refuse %s',
      async (query) => {
        const answer = await as(`GET /v1/devices/events?${query}`);
        expect([answer.status, answer.type, answer.body['code']]).toEqual([
          400,
          'application/problem+json',
          'usage',
        ]);
      },
    );

    it('are shown to no other account, and to no key without the scope admin', async () => {
      const other = await place().server.newAccount('Another with devices');
      expect((await as('GET /v1/devices/events', other)).body).toEqual({ events: [], next_before: null });
      expect((await as('GET /v1/devices', other)).body).toEqual({ devices: [] });
      const { authorization } = await place().server.newKey('read', 'write');
      for (const path of ['/v1/devices', '/v1/devices/events']) {
        const answer = await send(place().server, `GET ${path}`, { authorization });
        expect([answer.status, answer.body['code']]).toEqual([403, 'forbidden']);
      }
    });

    it('keep events for as long as the account says', async () => {
      const said = await lintel(place().server.installation, 'account', 'events', accountId, '7');
      expect(said.answer).toEqual({ accountId, days: 7 });
      for (const days of ['0', '3651', 'x']) {
        expect((await lintel(place().server.installation, 'account', 'events', accountId, days)).status).toBe(
          2,
        );
      }
    });
  });
}
