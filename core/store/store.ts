import type { Actor, AuditEntry, Collection, ErasureReceipt, Face, SetBackDecision } from '#contract';
import type {
  AddingOptions,
  AuditLog,
  ErasureReason,
  ErasureSubject,
  FaceParticulars,
  FaceQuery,
  ModelCoverage,
  NewFace,
  NewNotes,
  NewReference,
  PersonalData,
  CollectionPart,
  ReferencePage,
  StoredDescriptor,
  StoredReference,
  Tombstone,
} from './records.ts';
import type {
  AccountStore,
  DeviceStore,
  FrameStore,
  Lineage,
  ReplyStore,
  Soundness,
  PageStore,
  UsageStore,
  UserStore,
  WebhookStore,
} from './stores.ts';

/**
 * Where collections, faces and templates live. Each call is one durable transaction; each is scoped to an account.
 * Besides what is named, any call may throw {@link LintelError} `store-busy`, `store-full` or `store-corrupt`; then
 * nothing changed.
 */
export interface Store {
  /** The same store, with changes recorded as made by another actor than `device`. */
  as(actor: Actor): Store;
  readonly audit: AuditLog;
  /** Who may use the server. */
  readonly accounts: AccountStore;
  /** Which web pages may act for them. */
  readonly pages: PageStore;
  /** What they called. */
  readonly usage: UsageStore;
  /** Users of a collection, for an API with sign-ins. */
  readonly users: UserStore;
  /** and who is to hear of them. */
  readonly webhooks: WebhookStore;
  /** What the server answered to requests that may be repeated; forgotten when a face of the account is erased. */
  readonly replies: ReplyStore;
  /** At a server: the appliances of its accounts. */
  readonly devices: DeviceStore;
  /** Whether this is the newest copy of the store. */
  readonly lineage: Lineage;
  /** At an appliance: the frames by which it granted visits. */
  readonly grantedFrames: FrameStore;
  /** Whether what is kept as a template is one. */
  readonly soundness: Soundness;

  /** @throws `collection-exists`, `too-many-collections` */
  createCollection(account: string, collectionId: string, description?: string | null): Promise<Collection>;
  /** @throws `collection-not-found` */
  getCollection(account: string, collectionId: string): Promise<Collection>;
  /** In order of their ids. */
  listCollections(account: string): Promise<Collection[]>;
  /** @throws `collection-not-found` */
  updateCollection(account: string, collectionId: string, description: string | null): Promise<Collection>;
  /**
   * Removes every face that is there at one moment, keeps the collection. They are gone from all calls at once; this
   * resolves when they are gone from the tables and have their tombstones. Other calls run meanwhile.
   * @throws `collection-not-found`
   */
  resetCollection(account: string, collectionId: string): Promise<void>;
  /** As {@link resetCollection}, without a collection left. @returns whether it existed */
  deleteCollection(account: string, collectionId: string): Promise<boolean>;

  /**
   * @throws `collection-not-found`, `external-key-in-use`, `too-many-references`, `model-switched`, `face-erased` for
   *   a face id that was deleted, and `store-full` while there is still room for what must always be possible
   */
  addFace(account: string, collectionId: string, face: NewFace): Promise<Face>;
  /**
   * As {@link addFace}, unless the collection's faces changed, by whatever process.
   * @param revision as {@link revision} returned it
   * @returns null when they changed: then nothing was added
   */
  addFaceUnlessChanged(
    account: string,
    collectionId: string,
    face: NewFace,
    revision: string,
  ): Promise<Face | null>;
  /**
   * Where a face would hold more than `MAX_REFERENCES_PER_FACE`, or more automatic ones than
   * `MAX_AUTOMATIC_REFERENCES`, its oldest automatic references make room. The audit log
   * names the device as the actor of a call with automatic references only, whatever `actor` the store has.
   * @throws as {@link addFace}, and `face-not-found`
   */
  addReferences(
    account: string,
    collectionId: string,
    faceId: string,
    references: readonly NewReference[],
    options?: AddingOptions,
  ): Promise<Face>;
  /** @throws `collection-not-found`, `face-not-found` */
  getFace(account: string, collectionId: string, faceId: string): Promise<Face>;
  /** A page in order of enrolment, and how many match in all. @throws `collection-not-found` */
  listFaces(
    account: string,
    collectionId: string,
    query?: FaceQuery,
  ): Promise<{ faces: Face[]; total: number }>;
  /** Leaves a tombstone. @returns whether it existed. @throws `collection-not-found` */
  deleteFace(account: string, collectionId: string, faceId: string): Promise<boolean>;
  /** All faces with this key, each as by {@link deleteFace}. @returns how many. @throws `collection-not-found` */
  deleteFacesByExternalKey(account: string, collectionId: string, externalKey: string): Promise<number>;
  /**
   * Delete a face, or every face under an external key of a collection, and clean log and free space of the file,
   * so that nothing of templates, images, keys, external key and name is left in it.
   * @throws `face-not-found`; `store-busy` or `store-full` when the file could not be cleaned: the faces are gone then,
   *   and {@link scrub} or {@link receipt} complete it; `erasure-unconfirmed` when a picture is on its way to a server that
   *   takes pictures only: the faces are gone then, and {@link receipt} follows after the next exchange;
   *   `erasure-without-receipt` of a database that may keep copies: the faces are gone then
   */
  erase(account: string, who: ErasureSubject, reason?: ErasureReason): Promise<ErasureReceipt>;
  /** The receipt of a face that was deleted earlier; cleans the file first where that is still to be done. @throws `face-not-found`, `erasure-unconfirmed`, `erasure-without-receipt` */
  receipt(account: string, faceId: string): Promise<ErasureReceipt>;
  /** Clean log and free space of the file if something was deleted since. @returns whether there was need */
  scrub(): Promise<boolean>;
  /** Of all accounts. */
  tombstones(): Promise<Tombstone[]>;
  /** Go on with a store that was set back, see {@link Lineage}. @returns how many people were erased again */
  settleSetBack(decision: SetBackDecision): Promise<number>;
  /** For the person concerned; recorded as an export. @throws `collection-not-found`, `face-not-found` */
  personalData(account: string, collectionId: string, faceId: string): Promise<PersonalData>;
  /**
   * What an operator notes about a person, and the document of an API, in place of the former. Consent, and what of access
   * is not named, stay: an API that sets a name takes no person's groups and gives none more time.
   * @throws `collection-not-found`, `face-not-found`
   */
  setMetadata(
    account: string,
    collectionId: string,
    faceId: string,
    metadata: NewNotes,
    document?: string,
  ): Promise<Face>;
  /** By face id; faces that are gone are left out. @throws `collection-not-found` */
  particulars(
    account: string,
    collectionId: string,
    faceIds: readonly string[],
  ): Promise<Map<string, FaceParticulars>>;
  /** Whether pictures identified beyond doubt become automatic references. @throws `collection-not-found` */
  autoEnrols(account: string, collectionId: string): Promise<boolean>;
  /** @throws `collection-not-found` */
  setAutoEnrol(account: string, collectionId: string, autoEnrol: boolean): Promise<void>;
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
   * @returns false, and nothing changed, when another face of the collection has this hash, or a visitor
   * @throws `collection-not-found`, `face-not-found`
   */
  setAccessCode(account: string, collectionId: string, faceId: string, hash: Uint8Array): Promise<boolean>;
  /** The face whose access code has this hash, or null. @throws `collection-not-found` */
  faceByAccessCode(account: string, collectionId: string, hash: Uint8Array): Promise<Face | null>;

  /**
   * A string that differs after every change of the collection's faces, by this or another process, also when the
   * collection was deleted and created again. Cheap: read before every search.
   * @throws `collection-not-found`
   */
  revision(account: string, collectionId: string): Promise<string>;
  /**
   * As {@link revision}, but only removed references, templates that references get later, and a change of model change it.
   * @throws `collection-not-found`
   */
  removals(account: string, collectionId: string): Promise<string>;
  /** Ids of the references with a template of a model, ascending, never used twice. @throws `collection-not-found` */
  referenceIds(
    account: string,
    collectionId: string,
    modelId: string,
    page?: ReferencePage,
  ): Promise<number[]>;
  /** How many those are, in a part of the collection, by default all of it. @throws `collection-not-found` */
  countReferences(
    account: string,
    collectionId: string,
    modelId: string,
    part?: CollectionPart,
  ): Promise<number>;
  /** A template of a model as the store keeps it: rotated by a secret of the deployment, which preserves cosines. */
  protect(modelId: string, template: Float32Array): Promise<Float32Array>;
  /** The inverse of {@link protect}, up to rounding. */
  recover(modelId: string, kept: Float32Array): Promise<Float32Array>;
  /** Identifies the secret in force: templates protected under different secrets cannot be compared. */
  protectionId(): Promise<string>;
  /** Rotate all templates by another secret. @returns how many @throws `store-corrupt` */
  renewProtection(secret?: Uint8Array): Promise<number>;
  /** The protected templates of one model, in any order; ids that are gone are left out. */
  references(account: string, modelId: string, referenceIds: readonly number[]): Promise<StoredReference[]>;

  /** Ids of the second templates of a collection, ascending, never used twice. @throws `collection-not-found` */
  descriptorIds(account: string, collectionId: string): Promise<number[]>;
  /** Those of some ids that are there. */
  descriptors(account: string, ids: readonly number[]): Promise<StoredDescriptor[]>;

  /** The model by which the account's faces are recognised; null before the first reference, which decides it. */
  servingModel(account: string): Promise<string | null>;
  modelCoverage(account: string, modelId: string): Promise<ModelCoverage>;
  /** At most `limit` references whose image a model has yet to see, ascending. */
  pendingReferences(account: string, modelId: string, limit: number): Promise<number[]>;
  /** The image that a reference keeps, or null. */
  referenceImage(account: string, referenceId: number): Promise<Uint8Array | null>;
  /**
   * Remove the images of an account that were taken before a moment. Those of times that cannot be, since the clock was
   * wrong then, count as taken now.
   * @returns how many
   */
  dropImages(account: string, times: Record<'before' | 'earliest' | 'now', Date>): Promise<number>;
  /** Remove the images of one face; its templates stay. @returns how many @throws `collection-not-found`, `face-not-found` */
  dropImagesOf(account: string, collectionId: string, faceId: string): Promise<number>;
  /** Remove the images of an account that a model has made a template of. @returns how many */
  dropEmbeddedImages(account: string, modelId: string): Promise<number>;
  /**
   * Keep templates of a model beside those of other models, all in one transaction; one of the same model that is there
   * already stays.
   * @param templates by the id of the reference; null: the model finds no face in the reference's image
   * @returns how many were added; none to references that are gone
   * @throws `template-invalid`
   */
  addTemplates(
    account: string,
    modelId: string,
    templates: ReadonlyMap<number, Float32Array | null>,
  ): Promise<number>;
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
  unlearn(account: string, collectionId: string, faceId: string): Promise<Face>;

  /** A small named secret (a PIN hash, a device key), or null. Secrets belong to the store, not to an account. */
  getSecret(name: string): Promise<Uint8Array | null>;
  /** @param entry what the audit log says of it, in the same transaction */
  setSecret(name: string, value: Uint8Array | null, entry?: AuditEntry): Promise<void>;
  /**
   * Put another value in place of the present one, alone in the store: no other process's change gets lost.
   * @param change from the present value, null for none, to the next; the same value writes nothing
   * @param entry what the audit log says of another value, in the same transaction
   * @returns the value that the store has now
   */
  changeSecret(
    name: string,
    change: (value: Uint8Array | null) => Uint8Array | null,
    entry?: AuditEntry,
  ): Promise<Uint8Array | null>;
  /** A named secret of 32 bytes, made at random when it is first asked for: the same for everybody who asks. */
  sharedSecret(name: string): Promise<Uint8Array>;

  /** Check every page of the file, while it is in use. @throws `store-corrupt` */
  inspectPages(): Promise<void>;
  /** Open every sealed template and image. @returns how many @throws `store-corrupt` */
  inspectSealed(): Promise<number>;
  /** SHA-256 of all that is stored, but for the audit log: equal for equal contents. */
  stateHash(): Promise<string>;
  close(): Promise<void>;
}
