import { fileKekProvider, openStore } from '#core/store';
import { eventOf } from '../event-log.ts';

/** A process that keeps events without end, to be killed: `event-process.ts DATA KEY`. It prints each that is kept. */
const [dir = '', key = ''] = process.argv.slice(2);
const store = await openStore({ dir, kekProvider: fileKekProvider(key) });
for (;;) {
  const { eventId } = await store.events.add(eventOf('tamper', null));
  process.stdout.write(`${eventId}\n`);
}
