import { type Actor, type Consent } from '#contract';
import type { Parts } from './parts.ts';
import type { View } from './rights.ts';
import type { Place, WriteTx } from '#core/store';

/** One person who was enrolled twice: an operator decided so, and of the two faces one remains. */

interface Merging {
  readonly parts: Parts;
  readonly account: string;
  readonly actor: Actor;
}

/**
 * One face remains as it is, and the other is deleted. The one that remains gets the other's key and name where it has none,
 * and the other's references, the best first, as far as there is room and its consent covers them. Its groups, validity and
 * consent stay its own: what an appliance took away from the other one, and has yet to tell, cannot come back by it.
 */
export async function mergeFaces(
  tx: WriteTx,
  { parts, account, actor }: Merging,
  { into, from }: Readonly<Record<'into' | 'from', string>>,
): Promise<void> {
  const { faces, collections, externalKeys, remote, audit } = parts;
  const first = await faces.place(tx, account, into);
  const second = await faces.place(tx, account, from);
  if (first === null || second === null) return;
  const kept = await faces.get(tx, first.collection, into);
  const gone = await faces.get(tx, second.collection, from);
  const now = new Date().toISOString();
  const { collectionId } = first;
  if (kept.externalKey === null && gone.externalKey !== null) {
    // Before it is gone: else the next who waits for that key would get it.
    await faces.setExternalKey(tx, second.face, null, now);
    await externalKeys.set(tx, actor, account, collectionId, into, gone.externalKey, true);
  }
  if (kept.metadata.name === undefined && gone.metadata.name !== undefined)
    await faces.setMetadata(tx, first.face, { ...kept.metadata, name: gone.metadata.name }, now);
  const moved = covers(kept.metadata.consent, gone.metadata.consent)
    ? await moveReferences(tx, { parts, account }, { into: first, from: { ...second, faceId: from } })
    : 0;
  await remote.deleteFaces(tx, actor, account, [from]);
  await collections.changed(tx, first.collection);
  await audit.append(tx, actor, {
    kind: 'faces-merged',
    account,
    collectionId,
    faceId: into,
    from,
    references: moved,
    access: gone.metadata.access ?? null,
    consent: gone.metadata.consent?.version ?? null,
  });
}

/**
 * Whether pictures that were taken by one consent may be kept by another: to the same text, and until it is taken back. By a
 * term that consent may have ended, and the server does not know when the person was last seen.
 */
const covers = (kept: Consent | undefined, gone: Consent | undefined): boolean =>
  kept === undefined || gone === undefined
    ? kept === gone
    : kept.version === gone.version && kept.purpose === gone.purpose && gone.termDays === null;

/** @returns how many there was room for */
async function moveReferences(
  tx: WriteTx,
  { parts, account }: Pick<Merging, 'parts' | 'account'>,
  { into, from }: { readonly into: Place; readonly from: Place & { readonly faceId: string } },
): Promise<number> {
  const { records, references, models } = parts;
  // They travel within this process: any secret will do.
  const secret = Buffer.alloc(32);
  const best = (await records.readReferences(tx, account, from.face, { secret, images: 'all' }))
    .filter(({ source }) => source !== 'automatic')
    .toSorted((a, b) => b.quality - a.quality)
    .slice(0, await references.room(tx, into.face));
  const modelId = (await models.get(tx, account))!;
  const count = await records.addReferences(tx, account, into.collection, into.face, best, modelId, secret);
  await references.noteCame(tx, { into: into.face, from: from.face, faceId: from.faceId });
  return count;
}

interface Removing extends Merging {
  readonly view: View;
  readonly touch: (kind: 'face', id: string) => Promise<void>;
}

/**
 * Somebody who had not heard that a face was merged deletes it, or references of it: then the face that has its references now
 * loses them, as it would never have got them had that been heard before.
 * @param uids null: all that came from it
 */
export async function removeMerged(
  tx: WriteTx,
  from: string,
  uids: readonly string[] | null,
  removing: Removing,
): Promise<void> {
  const came = await removing.parts.references.cameFrom(tx, removing.account, from);
  const meant = came.filter(({ uid }) => uids?.includes(uid) ?? true);
  for (const [faceId, references] of Map.groupBy(meant, (each) => each.faceId)) {
    const place = await removing.view.find(faceId);
    if (place === null) continue;
    const each = references.map(({ uid }) => uid);
    await removeReferences(tx, { ...place, faceId }, each, removing);
    await removing.touch('face', faceId);
  }
}

/** So that they do not come back. */
export async function removeReferences(
  tx: WriteTx,
  { face, collection, collectionId, faceId }: Place & { readonly faceId: string },
  uids: readonly string[],
  { parts, account, actor }: Merging,
): Promise<void> {
  const { references, collections, audit, tombstones } = parts;
  const count = await references.remove(tx, face, uids);
  await collections.changed(tx, collection);
  if (count === 0) return;
  const entry = { kind: 'references-removed', account, collectionId, faceId } as const;
  await audit.append(tx, actor, { ...entry, references: count });
  await tombstones.requireScrub(tx);
}
