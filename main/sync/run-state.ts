import { z } from 'zod';
import type { Store } from '#core/store';

const SECRET = 'sync.state';

/** What outlives a restart, and what other processes see. */
const RunState = z.object({
  lastSuccess: z.iso.datetime().nullable(),
  nextTry: z.iso.datetime().nullable(),
  error: z.string().nullable(),
  isPaused: z.boolean(),
});
export type RunState = z.infer<typeof RunState>;

const NEVER: RunState = { lastSuccess: null, nextTry: null, error: null, isPaused: false };

export async function readRunState(store: Store): Promise<RunState> {
  const bytes = await store.getSecret(SECRET);
  return bytes === null ? NEVER : RunState.parse(JSON.parse(Buffer.from(bytes).toString()));
}

export async function writeRunState(store: Store, changed: Partial<RunState>): Promise<void> {
  const next = { ...(await readRunState(store)), ...changed };
  await store.setSecret(SECRET, Buffer.from(JSON.stringify(next)));
}
