import { extname, join } from 'node:path';
import { Piscina } from 'piscina';
import { LintelError, type ErrorBody } from '#contract';

/** What the thread needs, and what it answers: null when it is done. */
export interface RewriteTask {
  readonly path: string;
  readonly dataKey: Uint8Array;
}
export type RewriteReply = ErrorBody | null;

const WORKER_FILE = join(import.meta.dirname, `rewrite-worker${extname(import.meta.filename)}`);

/** `rewrite` of a database on a thread of its own, by a connection of its own. @throws as it does */
export async function rewriteOnThread(path: string, dataKey: Buffer): Promise<void> {
  // Memory of both threads, so that wiping it here leaves none there.
  const shared = new Uint8Array(new SharedArrayBuffer(dataKey.length));
  shared.set(dataKey);
  const pool = new Piscina<RewriteTask, RewriteReply>({ filename: WORKER_FILE, maxThreads: 1 });
  try {
    const reply = await pool.run({ path, dataKey: shared });
    if (reply !== null) throw LintelError.fromBody(reply);
  } finally {
    await pool.close();
    shared.fill(0);
  }
}
