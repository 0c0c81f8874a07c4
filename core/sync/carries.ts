/** The collections that are in both lists, in order; null: all. */
export function carriedBy(one: readonly string[] | null, other: readonly string[] | null): string[] | null {
  const both = one === null ? other : one.filter(carries(other));
  return both === null ? null : both.toSorted();
}

/** Whether a device has a collection. @param carried null: all */
export const carries =
  (carried: readonly string[] | null) =>
  (collectionId: string): boolean =>
    carried === null || carried.includes(collectionId);
