import { ToldEvent, type DevicePolicy } from '#contract';
import { AccountPart } from './account-part.ts';

/** What an appliance tells its server of its events: an outbox that is the log itself, and a number up to which it was told. */
export class ReplicaEvents extends AccountPart {
  /** The number of the newest event: what is about a face up to there follows operations that wait already. */
  newest(): Promise<number> {
    return this.parts.sql.read(async (tx) => (await this.parts.replica.events(tx, this.account)).newest);
  }

  /**
   * The oldest events that the server has yet to get.
   * @param upTo a number of {@link newest}
   * @returns them as they are told, and the number to acknowledge them by; null: there are none
   */
  batch(
    upTo: number,
    limit: number,
    telling: DevicePolicy['events'],
  ): Promise<{ events: ToldEvent[]; last: number } | null> {
    return this.parts.sql.read(async (tx) => {
      const { replica, siteEvents } = this.parts;
      const { told } = await replica.events(tx, this.account);
      const found = await siteEvents.between(tx, told, upTo, limit);
      const last = found.at(-1)?.number;
      if (last === undefined) return null;
      const events = found.flatMap(({ body }) => ToldEvent.safeParse(body).data ?? []);
      return { events: telling === 'with-people' ? events : events.map(anonymous), last };
    });
  }

  /** The server has them up to this number. */
  acknowledge(last: number): Promise<void> {
    return this.parts.sql.write((tx) => this.parts.replica.eventsTold(tx, last));
  }

  /** The server is to get none of those that happened up to now. */
  withhold(): Promise<void> {
    return this.parts.sql.write(async (tx) => {
      const { newest, told } = await this.parts.replica.events(tx, this.account);
      if (newest > told) await this.parts.replica.withholdEvents(tx, newest);
    });
  }
}

const anonymous = (event: ToldEvent): ToldEvent => ({ ...event, faceId: null });
