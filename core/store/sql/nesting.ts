import { AsyncLocalStorage } from 'node:async_hooks';

/** Whether a transaction runs, of whatever database. */
const inside = new AsyncLocalStorage<true>();

/** What runs in here cannot begin a transaction. */
export const asInside = <T, A extends unknown[]>(work: (...args: A) => T, ...args: A): T =>
  inside.run(true, work, ...args);

/** A transaction within another would wait for it, and that for this one. @throws Error within one */
export function requireOutside(): void {
  if (inside.getStore()) throw new Error('A transaction cannot begin within another.');
}
