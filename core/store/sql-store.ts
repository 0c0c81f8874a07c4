import type { Actor } from '#contract';
import type { Parts } from './parts.ts';
import type { Store } from './store.ts';

/** A {@link Store} of SQL tables, on which others may work too, on several in one transaction. */
export interface SqlStore extends Store {
  as(actor: Actor): SqlStore;
  readonly parts: Parts;
}
