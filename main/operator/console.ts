import type { Store } from '#core/store';
import { createOperator } from './operator.ts';

/** What only the console of this machine may do. The audit log names the actor that the store was opened for. */

/** Sets the PIN, whatever it was. @throws LintelError `pin-invalid`, `pin-trivial` */
export async function overwritePin(store: Store, pin: string): Promise<void> {
  const entry = { kind: 'key-changed', what: 'operator-pin', stage: 'done' } as const;
  await createOperator(store).overwritePin(pin, entry);
}

/** Forgets the PIN. @returns a set-up code for the next one */
export async function resetPin(store: Store): Promise<string> {
  // First: one that is cut short leaves a trace.
  await store.audit.append({ kind: 'pin-reset' });
  return await createOperator(store).resetPin();
}
