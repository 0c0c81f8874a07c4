import { DeviceEventPage, DeviceEventQuery, DIALECTS, ListedDevices } from '#contract';
import type { SqlStore } from '#core/store';
import { keyInAuthorization, type Dialect } from '../../http/dialect.ts';
import { endpoints } from '../../http/endpoints.ts';
import { PROBLEMS } from '../../http/errors/index.ts';
import type { DialectOptions } from '../options.ts';

export interface DevicesOptions extends DialectOptions {
  readonly store: SqlStore;
}

/** The appliances of an account, and what happened there, under `/v1/devices`. Where people went takes a key of the scope admin. */
export const devices = ({ accounts, store }: DevicesOptions): Dialect => ({
  description: DIALECTS.devices,
  ...keyInAuthorization(accounts),
  refusals: PROBLEMS,
  routes: (scope) => {
    const serve = endpoints(
      scope,
      { refusals: PROBLEMS },
      { tag: 'devices', security: ['apiKey', 'bearer'] },
    );

    serve('admin', 'GET /v1/devices', {
      summary: 'List the appliances of the account',
      answers: { 200: ListedDevices },
      handle: async ({ accountId }) => ({
        devices: (await store.devices.list(accountId)).map(
          ({ deviceId, name, pairedAt, revokedAt, lastContact, policy }) => ({
            device_id: deviceId,
            name,
            paired_at: pairedAt,
            revoked_at: revokedAt,
            last_contact: lastContact,
            events: policy.events,
          }),
        ),
      }),
    });

    serve('admin', 'GET /v1/devices/events', {
      summary: 'List what happened at the appliances, the newest arrivals first',
      query: DeviceEventQuery,
      answers: { 200: DeviceEventPage },
      handle: async ({ query, accountId }) => {
        const events = await store.deviceEvents.list(accountId, { ...query, limit: query.limit + 1 });
        const page = events.slice(0, query.limit);
        return { events: page, next_before: events.length > page.length ? page.at(-1)!.number : null };
      },
    });
  },
});
