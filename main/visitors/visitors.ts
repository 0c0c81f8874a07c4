import { hashAccessCode, newAccessCode } from '#core/gallery';
import type { NewVisitor, Visitor } from '#contract';
import type { SqlStore } from '#core/store';

/** Expects somebody. @returns also the code by which they sign in and out, which cannot be asked for again @throws LintelError `too-many-visitors` */
export async function expectVisitor(
  store: SqlStore,
  visitor: NewVisitor,
): Promise<{ visitor: Visitor; code: string }> {
  for (;;) {
    const code = newAccessCode();
    const added = await store.visitors.add(visitor, (await hashAccessCode(store, code))!);
    if (added !== null) return { visitor: added, code };
  }
}

/** Whose code this is, or null. */
export async function visitorOf(store: SqlStore, code: string): Promise<Visitor | null> {
  const hash = await hashAccessCode(store, code);
  return hash === null ? null : await store.visitors.withCode(hash);
}
