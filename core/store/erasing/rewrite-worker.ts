import { toErrorBody } from '#contract';
import { connect } from '../file/database.ts';
import type { RewriteReply, RewriteTask } from './rewrite-thread.ts';
import { rewrite } from '../file/rewrite.ts';
import { asLintelError } from '../disk/sqlite-errors.ts';

/** Errors lose their class between threads, so they travel as their body. */
export default function rewriteDatabase({ path, dataKey }: RewriteTask): RewriteReply {
  try {
    const database = connect(path, {}, Buffer.from(dataKey.buffer), () => {});
    try {
      rewrite(database);
    } finally {
      database.close();
    }
    return null;
  } catch (error) {
    return toErrorBody(asLintelError(error));
  }
}
