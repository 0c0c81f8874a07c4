import { setImmediate as breathe } from 'node:timers/promises';
import type { WriteTx } from '#core/store';
import type { Parts } from './parts.ts';

/** How long to take things over in one transaction, in which nothing else runs; its end takes as long again. */
const BATCH_MS = 4;

/** Who made the changes that come from the server, as the audit log names it. */
export const SERVER = 'server';

/** Things one after the other, some in each transaction; others run between. On the disk with the next durable write. */
export async function inBatches<T>(
  { sql }: Pick<Parts, 'sql'>,
  things: readonly T[],
  work: (tx: WriteTx, thing: T) => Promise<void>,
  rest: () => Promise<unknown> = breathe,
): Promise<void> {
  for (let next = 0; next < things.length;) {
    // What is lost with the power comes again: the cursor is written after it.
    next = await sql.writeUnsynced(async (tx) => {
      const end = performance.now() + BATCH_MS;
      let done = next;
      do await work(tx, things[done++]!);
      while (done < things.length && performance.now() < end);
      return done;
    });
    await rest();
  }
}
