import { LintelError, type DevicePolicy, type OperationKind } from '#contract';
import { contains } from './scope.ts';
import type { Place, ReadTx } from '#core/store';
import type { Parts } from './parts.ts';

/** What the policy of a device lets it do at the server. */
export type Rights = Pick<DevicePolicy, 'collections' | 'mayEnrol' | 'mayDelete'>;

type Right = 'mayEnrol' | 'mayDelete';

/** The rights that each operation needs. A change of a face needs the right to enrol. */
const TAKES: { readonly [K in OperationKind]: readonly Right[] } = {
  'collection-created': ['mayEnrol'],
  'collection-updated': ['mayEnrol'],
  'collection-deleted': ['mayDelete'],
  'face-added': ['mayEnrol'],
  'references-added': ['mayEnrol'],
  'references-removed': ['mayDelete'],
  'metadata-set': ['mayEnrol'],
  'external-key-set': ['mayEnrol'],
  'external-key-removed': ['mayDelete'],
  'faces-deleted': ['mayDelete'],
  'conflict-resolved': ['mayEnrol', 'mayDelete'],
  void: [],
};

/** @throws `not-permitted` */
export function requireRight(kind: OperationKind, rights: Rights, collectionId: string | null): void {
  const isInScope = collectionId === null || contains(rights.collections)(collectionId);
  if (!isInScope || TAKES[kind].some((right) => !rights[right])) throw new LintelError('not-permitted');
}

/**
 * What a device can see of the server: a face outside of its scope does not exist for the device.
 */
export interface View {
  readonly isInScope: (collectionId: string) => boolean;
  /** The place of a face within the scope, or null. */
  readonly find: (faceId: string) => Promise<Place | null>;
  /** Whether a face within the scope exists or was deleted. */
  readonly knows: (faceId: string) => Promise<boolean>;
}

export function viewOf(tx: ReadTx, { faces, tombstones }: Parts, account: string, rights: Rights): View {
  const isInScope = contains(rights.collections);
  return {
    isInScope,
    find: async (faceId) => {
      const place = await faces.place(tx, account, faceId);
      return place !== null && isInScope(place.collectionId) ? place : null;
    },
    knows: async (faceId) => {
      const collectionId =
        (await faces.place(tx, account, faceId))?.collectionId ??
        (await tombstones.collectionOf(tx, account, faceId));
      return collectionId !== null && isInScope(collectionId);
    },
  };
}
