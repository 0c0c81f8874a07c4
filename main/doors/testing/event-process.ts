import { fileKekProvider, openStore, type NewSiteEvent } from '#core/store';
import { eventOf } from '../event-log.ts';

/**
 * A process that keeps events without end, to be killed: `event-process.ts DATA KEY [VISITOR]`. It prints each that is kept.
 * With a visitor, each is that they sign in.
 */
const [dir = '', key = '', visitorId] = process.argv.slice(2);
const store = await openStore({ dir, kekProvider: fileKekProvider(key) });
const event: NewSiteEvent =
  visitorId === undefined
    ? eventOf('tamper', null)
    : { ...eventOf('decision', null), outcome: 'granted', direction: 'in', visitorId };
for (;;) {
  const { eventId } = await store.events.add(event);
  process.stdout.write(`${eventId}\n`);
}
