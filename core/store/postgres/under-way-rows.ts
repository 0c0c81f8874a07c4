import { z } from 'zod';
import type { WriteTx } from '../sql/transactions.ts';
import type { UnderWay } from '../under-way.ts';
import { HAS_ENDED } from './membership.ts';

const ServerRow = z.object({ server: z.int() });
const CallsRow = ServerRow.extend({ calls: z.int() });
const EndedRow = z.object({ hasEnded: z.boolean() });

/** In tables that all servers on the database see. Rows of a server that ended count for nothing, and go. */
export class UnderWayRows implements UnderWay {
  readonly #server: number;

  constructor(server: number) {
    this.#server = server;
  }

  async begin(tx: WriteTx, request: string): Promise<boolean> {
    const others = await tx.all('SELECT server FROM requests_under_way WHERE request = ? AND server <> ?', [
      request,
      this.#server,
    ]);
    for (const { server } of z.array(ServerRow).parse(others)) {
      if (!(await this.#hasEnded(tx, server))) return false;
    }
    await tx.run('INSERT INTO requests_under_way (request, server) VALUES (?, ?) ON CONFLICT DO NOTHING', [
      request,
      this.#server,
    ]);
    return true;
  }

  async end(tx: WriteTx, request: string): Promise<void> {
    await tx.run('DELETE FROM requests_under_way WHERE request = ? AND server = ?', [request, this.#server]);
  }

  async calls(tx: WriteTx, meter: string): Promise<number> {
    const rows = await tx.all('SELECT server, calls FROM calls_under_way WHERE meter = ? AND calls > 0', [
      meter,
    ]);
    let sum = 0;
    for (const { server, calls } of z.array(CallsRow).parse(rows)) {
      if (server === this.#server || !(await this.#hasEnded(tx, server))) sum += calls;
    }
    return sum;
  }

  async addCalls(tx: WriteTx, meter: string, count: 1 | -1): Promise<void> {
    await tx.run(
      `INSERT INTO calls_under_way (meter, server, calls) VALUES (?, ?, greatest(0, CAST(? AS INTEGER)))
       ON CONFLICT (meter, server) DO UPDATE
       SET calls = greatest(0, calls_under_way.calls + CAST(? AS INTEGER))`,
      [meter, this.#server, count, count],
    );
  }

  async #hasEnded(tx: WriteTx, server: number): Promise<boolean> {
    const { hasEnded } = EndedRow.parse(await tx.get(HAS_ENDED, [server]));
    if (hasEnded) {
      for (const table of ['requests_under_way', 'calls_under_way'])
        await tx.run(`DELETE FROM ${table} WHERE server = ?`, [server]);
    }
    return hasEnded;
  }
}
