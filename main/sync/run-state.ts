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

/** The last exchange went well. */
export async function noteSuccess(store: Store): Promise<void> {
  await writeRunState(store, { lastSuccess: new Date().toISOString(), error: null, nextTry: null });
}

/** The last exchange failed. @param nextTry null when nothing will try again by itself */
export async function noteFailure(store: Store, error: string, nextTry: Date | null): Promise<void> {
  await writeRunState(store, { error, nextTry: nextTry?.toISOString() ?? null });
}

/** For another server, or none: nothing of what was noted about the one before. */
export async function clearRunState(store: Store): Promise<void> {
  await store.setSecret(SECRET, null);
}
