import type { Collection, Face, FaceMetadata } from '#contract';

/** Everything in a store belongs to one account; the appliance itself is this one. */
export const LOCAL_ACCOUNT = 'local';

/** A template with what is known about where it came from. */
export interface NewReference {
  readonly modelId: string;
  readonly template: Float32Array;
  /** Detection score of the source image, 0..1. */
  readonly quality: number;
  readonly source: 'file' | 'camera' | 'api';
}

export interface StoredReference {
  readonly referenceId: number;
  readonly faceId: string;
  readonly modelId: string;
  readonly template: Float32Array;
}

export interface NewFace {
  readonly faceId: string;
  readonly references: readonly NewReference[];
  readonly externalKey?: string | null;
  readonly metadata?: FaceMetadata;
}

export interface FaceQuery {
  /** Part of the name, the external key or the face id, ignoring case. */
  readonly query?: string;
  readonly offset?: number;
  readonly limit?: number;
}

/**
 * Where collections, faces and templates live. Each call is one durable transaction; each is scoped to an account.
 * All throw {@link LintelError} with the codes named.
 */
export interface Store {
  /** @throws `collection-exists` */
  createCollection(account: string, collectionId: string, description?: string | null): Promise<Collection>;
  /** @throws `collection-not-found` */
  getCollection(account: string, collectionId: string): Promise<Collection>;
  listCollections(account: string): Promise<Collection[]>;
  /** @throws `collection-not-found` */
  updateCollection(account: string, collectionId: string, description: string | null): Promise<Collection>;
  /** Removes every face, keeps the collection. @throws `collection-not-found` */
  resetCollection(account: string, collectionId: string): Promise<void>;
  /** @returns whether it existed */
  deleteCollection(account: string, collectionId: string): Promise<boolean>;

  /** @throws `collection-not-found`, `external-key-in-use` */
  addFace(account: string, collectionId: string, face: NewFace): Promise<Face>;
  /** @throws `face-not-found`, `too-many-references` */
  addReferences(
    account: string,
    collectionId: string,
    faceId: string,
    references: readonly NewReference[],
  ): Promise<Face>;
  /** @throws `collection-not-found`, `face-not-found` */
  getFace(account: string, collectionId: string, faceId: string): Promise<Face>;
  /** In order of enrolment. @throws `collection-not-found` */
  listFaces(
    account: string,
    collectionId: string,
    query?: FaceQuery,
  ): Promise<{ faces: Face[]; total: number }>;
  /** @returns whether it existed. @throws `collection-not-found` */
  deleteFace(account: string, collectionId: string, faceId: string): Promise<boolean>;
  /**
   * Bind a key to a face, replacing the face's former key.
   * @throws `face-not-found`, `external-key-in-use` unless `allowDuplicates`
   */
  setExternalKey(
    account: string,
    collectionId: string,
    faceId: string,
    externalKey: string,
    allowDuplicates: boolean,
  ): Promise<'created' | 'updated'>;
  /** @throws `collection-not-found` */
  faceIdsByExternalKey(account: string, collectionId: string, externalKey: string): Promise<string[]>;

  /** Ids of the references of one model in a collection, ascending. @throws `collection-not-found` */
  referenceIds(account: string, collectionId: string, modelId: string): Promise<number[]>;
  /** The references named, in any order; ids that are gone are left out. */
  references(account: string, referenceIds: readonly number[]): Promise<StoredReference[]>;

  /**
   * A number that changes whenever anything committed, by this or another process. Cheap: asked before every search.
   */
  changeCounter(): number;

  /** A small named secret (a PIN hash, a device key), or null. */
  getSecret(name: string): Promise<Uint8Array | null>;
  setSecret(name: string, value: Uint8Array | null): Promise<void>;

  close(): Promise<void>;
}
