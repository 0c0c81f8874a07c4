/** References of a part at most: a part is loaded within a minute, and a search of it is exact, without a graph. */
const MOST = 250_000;

/** Share of the budget that a part takes at most, so that one can be loaded while others are searched. */
const SHARE = 4;

/**
 * In how many parts a collection is held: a power of two, so that processes that come to know of its size at different times
 * agree nearly always. What does not fit any more is divided at once, and put together again only when it has shrunk to a
 * quarter, so that a collection about as large as a part does not come and go.
 * @param size its references
 * @param before in how many parts it is held, 1 at first
 * @param each bytes of a reference
 * @param budget bytes of all indexes together; infinite: nothing is divided
 */
export function divisionOf(size: number, before: number, each: number, budget: number): number {
  if (!Number.isFinite(budget)) return 1;
  const most = Math.max(1, Math.min(MOST, Math.floor(budget / SHARE / each)));
  let parts = before;
  while (size > parts * most) parts *= 2;
  while (parts > 1 && size < (parts * most) / 4) parts /= 2;
  return parts;
}
