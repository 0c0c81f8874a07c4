import { ToldEvent, type EventPush, type EventsTaken } from '#contract';
import type { SqlStore, StoredDevice } from '#core/store';
import { partsOf, type Parts } from './parts.ts';
import { viewOf } from './rights.ts';

/** The server's side of events: keeps what appliances tell, each event once. */
export class DeviceEvents {
  readonly #parts: Parts;

  constructor(store: SqlStore) {
    this.#parts = partsOf(store);
  }

  /**
   * Keep events of a device. One that makes no sense is left out. A face that the device does not carry, or that its policy
   * does not let it name, is nobody.
   */
  take(
    { account, deviceId, policy }: Pick<StoredDevice, 'account' | 'deviceId' | 'policy'>,
    { events }: EventPush,
    now = new Date(),
  ): Promise<EventsTaken> {
    const told = events.flatMap((event) => ToldEvent.safeParse(event).data ?? []);
    return this.#parts.sql.write(async (tx) => {
      const { find } = viewOf(tx, this.#parts, account, policy);
      for (const event of policy.events === 'none' ? [] : told) {
        const isNamed = event.faceId !== null && policy.events === 'with-people';
        const place = isNamed ? await find(event.faceId!) : null;
        await this.#parts.deviceEvents.add(tx, { account, deviceId }, event, place?.face ?? null, now);
      }
      await this.#parts.deviceEvents.bound(tx, deviceId);
      return { refused: events.length - told.length };
    });
  }
}
