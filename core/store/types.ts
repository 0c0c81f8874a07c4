import type { Collection, Face, FaceMetadata } from '#contract';
import type { AccountTable } from './account-table.ts';
import type { ReplyTable } from './reply-table.ts';

/** Everything in a store belongs to one account; the appliance itself is this one. */
export const LOCAL_ACCOUNT = 'local';

/** A template and the model that made it. */
export interface ModelTemplate {
  readonly modelId: string;
  readonly template: Float32Array;
}

/** A template of the serving model with what is known about where it came from. */
export interface NewReference extends ModelTemplate {
  /** Quality of the source image, 0..1; see `rateQuality`. */
  readonly quality: number;
  /** `automatic`: added by the appliance itself, from a visit. */
  readonly source: 'file' | 'camera' | 'api' | 'automatic';
  /** Encoded, the face and a little around it: what templates of a later model are made from. */
  readonly image?: Uint8Array;
  /** Templates of models that do not serve yet. */
  readonly additional?: readonly ModelTemplate[];
}

export interface StoredReference {
  readonly referenceId: number;
  readonly faceId: string;
  readonly template: Float32Array;
  readonly source: NewReference['source'];
  readonly createdAt: string;
}

/** How far the references of an account could be recognised by one model. */
export interface ModelCoverage {
  readonly references: number;
  /** References that have a template of the model. */
  readonly embedded: number;
  /** References that keep an image, and those of them whose image the model has yet to see. */
  readonly images: number;
  readonly pending: number;
  readonly faces: number;
  /** Faces without any reference that is embedded or pending. */
  readonly reEnrol: number;
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

/** A part of a list of references: at most `limit` with ids above `after` and up to `upTo`. */
export interface ReferencePage {
  readonly after?: number;
  readonly upTo?: number;
  readonly limit?: number;
}

/**
 * Where collections, faces and templates live. Each call is one durable transaction; each is scoped to an account.
 * Besides what is named, any call may throw {@link LintelError} `store-busy`, `store-full` or `store-corrupt`; then
 * nothing changed.
 */
export interface Store {
  /** Who may use the server. */
  readonly accounts: AccountTable;
  /** What the server answered to requests that may be repeated. */
  readonly replies: ReplyTable;
  /** @throws `collection-exists` */
  createCollection(account: string, collectionId: string, description?: string | null): Promise<Collection>;
  /** @throws `collection-not-found` */
  getCollection(account: string, collectionId: string): Promise<Collection>;
  /** In order of their ids. */
  listCollections(account: string): Promise<Collection[]>;
  /** @throws `collection-not-found` */
  updateCollection(account: string, collectionId: string, description: string | null): Promise<Collection>;
  /**
   * Removes every face that is there at one moment, keeps the collection. They are gone from all calls at once; this
   * resolves when they are gone from the disk. Other calls run meanwhile. @throws `collection-not-found`
   */
  resetCollection(account: string, collectionId: string): Promise<void>;
  /** As {@link resetCollection}, without a collection left. @returns whether it existed */
  deleteCollection(account: string, collectionId: string): Promise<boolean>;

  /** @throws `collection-not-found`, `external-key-in-use`, `too-many-references`, `model-switched` */
  addFace(account: string, collectionId: string, face: NewFace): Promise<Face>;
  /**
   * Where a face would hold more than `MAX_REFERENCES_PER_FACE`, or more automatic ones than
   * `MAX_AUTOMATIC_REFERENCES`, its oldest automatic references make room.
   * @throws `collection-not-found`, `face-not-found`, `too-many-references`, `model-switched`
   */
  addReferences(
    account: string,
    collectionId: string,
    faceId: string,
    references: readonly NewReference[],
  ): Promise<Face>;
  /** @throws `collection-not-found`, `face-not-found` */
  getFace(account: string, collectionId: string, faceId: string): Promise<Face>;
  /** A page in order of enrolment, and how many match in all. @throws `collection-not-found` */
  listFaces(
    account: string,
    collectionId: string,
    query?: FaceQuery,
  ): Promise<{ faces: Face[]; total: number }>;
  /** @returns whether it existed. @throws `collection-not-found` */
  deleteFace(account: string, collectionId: string, faceId: string): Promise<boolean>;
  /** All faces with this key. @returns how many. @throws `collection-not-found` */
  deleteFacesByExternalKey(account: string, collectionId: string, externalKey: string): Promise<number>;
  /**
   * Bind a key to a face, replacing the face's former key.
   * @returns `created` when the face had none
   * @throws `collection-not-found`, `face-not-found`, `external-key-in-use` unless `allowDuplicates`
   */
  setExternalKey(
    account: string,
    collectionId: string,
    faceId: string,
    externalKey: string,
    allowDuplicates: boolean,
  ): Promise<'created' | 'updated'>;
  /**
   * Take a key from the face named, or from every face that has it (null).
   * @returns how many had it. @throws `collection-not-found`
   */
  removeExternalKey(
    account: string,
    collectionId: string,
    externalKey: string,
    faceId: string | null,
  ): Promise<number>;
  /** In order of enrolment. @throws `collection-not-found` */
  faceIdsByExternalKey(account: string, collectionId: string, externalKey: string): Promise<string[]>;

  /**
   * Gives a face an access code, as its hash, in place of a former one.
   * @returns false, and nothing changed, when another face of the collection has this hash
   * @throws `collection-not-found`, `face-not-found`
   */
  setAccessCode(account: string, collectionId: string, faceId: string, hash: Uint8Array): Promise<boolean>;
  /** The face whose access code has this hash, or null. @throws `collection-not-found` */
  faceByAccessCode(account: string, collectionId: string, hash: Uint8Array): Promise<Face | null>;

  /**
   * A word that differs whenever the faces of the collection changed, by this or another process, also when the
   * collection was deleted and created anew. Cheap: asked before every search.
   * @throws `collection-not-found`
   */
  revision(account: string, collectionId: string): Promise<string>;
  /** As {@link revision}, but only removed references and a change of model change it. @throws `collection-not-found` */
  removals(account: string, collectionId: string): Promise<string>;
  /** Ids of the references with a template of a model, ascending, never used twice. @throws `collection-not-found` */
  referenceIds(
    account: string,
    collectionId: string,
    modelId: string,
    page?: ReferencePage,
  ): Promise<number[]>;
  /** The templates of one model, in any order; ids that are gone are left out. */
  references(account: string, modelId: string, referenceIds: readonly number[]): Promise<StoredReference[]>;

  /** The model by which the account's faces are recognised; null before the first reference, which decides it. */
  servingModel(account: string): Promise<string | null>;
  modelCoverage(account: string, modelId: string): Promise<ModelCoverage>;
  /** At most `limit` references whose image a model has yet to see, ascending. */
  pendingReferences(account: string, modelId: string, limit: number): Promise<number[]>;
  /** The image that a reference keeps, or null. */
  referenceImage(account: string, referenceId: number): Promise<Uint8Array | null>;
  /**
   * Keep a template beside those of other models; one of the same model that is there already stays.
   * @param template null: the model finds no face in the reference's image
   * @returns whether it was added; not so when the reference is gone
   */
  addTemplate(
    account: string,
    referenceId: number,
    modelId: string,
    template: Float32Array | null,
  ): Promise<boolean>;
  /**
   * Let a model serve, and remove the templates of all others, and references that are left without template and image.
   * @returns false when references are pending; then nothing changed
   */
  switchModel(account: string, modelId: string): Promise<boolean>;

  /** All references of one model that a face has, oldest first. @throws `collection-not-found`, `face-not-found` */
  faceReferences(
    account: string,
    collectionId: string,
    faceId: string,
    modelId: string,
  ): Promise<StoredReference[]>;
  /** Removes what the appliance added by itself. @throws `collection-not-found`, `face-not-found` */
  removeAutomaticReferences(account: string, collectionId: string, faceId: string): Promise<Face>;

  /** A small named secret (a PIN hash, a device key), or null. Secrets belong to the store, not to an account. */
  getSecret(name: string): Promise<Uint8Array | null>;
  setSecret(name: string, value: Uint8Array | null): Promise<void>;

  close(): Promise<void>;
}
