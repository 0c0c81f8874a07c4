import { LintelError, type DevicePolicy, type OperationKind } from '#contract';
import { carries } from './carries.ts';
import type { Place, ReadTx } from '#core/store';
import type { Parts } from './parts.ts';

/** What its policy lets an appliance do at the server. */
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
  const isCarried = collectionId === null || carries(rights.collections)(collectionId);
  if (!isCarried || TAKES[kind].some((right) => !rights[right])) throw new LintelError('not-permitted');
}

/**
 * What an appliance can know of: somebody in a collection that it does not carry is like somebody who does not exist.
 */
export interface View {
  readonly isCarried: (collectionId: string) => boolean;
  /** Where a face is, or null. */
  readonly find: (faceId: string) => Place | null;
  /** Whether a face is there, or was. */
  readonly knows: (faceId: string) => boolean;
}

export function viewOf(tx: ReadTx, { faces, tombstones }: Parts, account: string, rights: Rights): View {
  const isCarried = carries(rights.collections);
  return {
    isCarried,
    find: (faceId) => {
      const place = faces.place(tx, account, faceId);
      return place !== null && isCarried(place.collectionId) ? place : null;
    },
    knows: (faceId) => {
      const collectionId =
        faces.place(tx, account, faceId)?.collectionId ?? tombstones.collectionOf(tx, account, faceId);
      return collectionId !== null && isCarried(collectionId);
    },
  };
}
