import { z } from 'zod';
import type { Store } from '#core/store';
import { changeRow, readRow } from '../secrets/index.ts';

const SECRET = 'sync.state';
/** A row of its own: one process may pause while another records the end of an exchange. */
const PAUSED = 'sync.paused';

/** What outlives a restart, and what other processes see. */
const Noted = z.object({
  lastSuccess: z.iso.datetime().nullable(),
  nextTry: z.iso.datetime().nullable(),
  error: z.string().nullable(),
});
type Noted = z.infer<typeof Noted>;
export type RunState = Noted & { readonly isPaused: boolean };

const NEVER: Noted = { lastSuccess: null, nextTry: null, error: null };

export async function readRunState(store: Store): Promise<RunState> {
  const noted = (await readRow(store, SECRET, Noted)) ?? NEVER;
  return { ...noted, isPaused: (await store.getSecret(PAUSED)) !== null };
}

async function note(store: Store, changed: Partial<Noted>): Promise<void> {
  await changeRow(store, SECRET, Noted, (noted) => ({ ...(noted ?? NEVER), ...changed }));
}

/** Whether nothing is to be sent and taken by itself. */
export async function pause(store: Store, isPaused: boolean): Promise<void> {
  await store.setSecret(PAUSED, isPaused ? Buffer.of(1) : null);
}

/** The last exchange went well. */
export async function noteSuccess(store: Store): Promise<void> {
  await note(store, { lastSuccess: new Date().toISOString(), error: null, nextTry: null });
}

/** The last exchange failed. @param nextTry left out by who will not try again: another process may */
export async function noteFailure(store: Store, error: string, nextTry?: Date): Promise<void> {
  await note(store, { error, ...(nextTry && { nextTry: nextTry.toISOString() }) });
}

/** Forgets the state of the former server, before the appliance joins another or none. */
export async function clearRunState(store: Store): Promise<void> {
  await store.setSecret(SECRET, null);
  await store.setSecret(PAUSED, null);
}
