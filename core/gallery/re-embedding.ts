import { LOCAL_ACCOUNT } from '#core/store';
import { embedPending, type EmbeddingOptions } from './embed-pending.ts';

/**
 * Make a template of another model from every image that is kept, then let that model serve. Until then the old
 * templates serve. Each template is committed by itself: whenever this ends, also by a crash, the next call goes on
 * where it was, and embeds no image again whose template was committed. References that are enrolled meanwhile are
 * taken along; of several processes that do this at the same time each does no harm to the others.
 * @returns whether the model serves now; false when aborted
 * @throws what the store throws, and faults of the recognizer
 */
export async function reEmbed(options: EmbeddingOptions): Promise<boolean> {
  const { store, account, recognizer } = options;
  for (;;) {
    if (!(await embedPending(options))) return false;
    if (await store.switchModel(account ?? LOCAL_ACCOUNT, recognizer.modelId)) return true;
  }
}
