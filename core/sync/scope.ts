/** Ids of the collections that a device keeps; null: all. */
export type Scope = readonly string[] | null;

/** The collections that are in both scopes, in order. */
export function intersect(one: Scope, other: Scope): string[] | null {
  const both = one === null ? other : one.filter(contains(other));
  return both === null ? null : both.toSorted();
}

/** Whether a scope contains a collection. */
export const contains =
  (scope: Scope) =>
  (collectionId: string): boolean =>
    scope === null || scope.includes(collectionId);
