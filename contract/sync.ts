import { z } from 'zod';
import { PersonAccess } from './access.ts';
import { AssuranceLevel } from './assurance.ts';
import { AuditHead, PublicKey, SignedAnchor } from './audit.ts';
import {
  CollectionDescription,
  FaceMetadata,
  MAX_REFERENCES_PER_FACE,
  ShownFace,
  ShownMetadata,
} from './gallery.ts';
import { CollectionId, ExternalKey, FaceId, ModelId } from './ids.ts';
import { MetadataEdit } from './metadata-edit.ts';
import { DisplayName } from './text.ts';

/** What an appliance and its server say to each other; docs/sync.md tells it in prose. Bodies are MessagePack. */

/** Versions of what follows that this program speaks, newest first. */
export const SYNC_PROTOCOLS = [1] as const;

/** Media type of all bodies. */
export const SYNC_MEDIA_TYPE = 'application/vnd.lintel.sync+msgpack';

const Timestamp = z.iso.datetime();
const Count = z.int().nonnegative();
const Bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const randomId = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-f]{32}$`));

export const DeviceId = randomId('dev');
/** One life of a device's store: a store that was set back to an earlier state goes on as another replica. */
export const ReplicaId = randomId('rep');
export const ConflictId = randomId('conf');
/** One name of a reference on every machine. */
export const ReferenceUid = z.string().regex(/^[0-9a-f]{32}$/);

export const REFERENCE_SOURCES = ['file', 'camera', 'api', 'automatic'] as const;

/** A template as it travels: 32-bit floats, little-endian, rotated by the secret of the account. */
const TemplateRecord = z.object({
  modelId: ModelId,
  template: Bytes.refine((bytes) => bytes.length % 4 === 0 && bytes.length > 0 && bytes.length <= 16_384),
});

export const ReferenceRecord = z.object({
  uid: ReferenceUid,
  quality: z.number().min(0).max(1),
  source: z.enum(REFERENCE_SOURCES),
  createdAt: Timestamp,
  templates: z.array(TemplateRecord).max(8),
  /** JPEG, or null where none is kept or the policy does not let it travel. */
  image: Bytes.refine((bytes) => bytes.length <= 1_000_000).nullable(),
});
export type ReferenceRecord = z.infer<typeof ReferenceRecord>;

/** Everything that is the same about a face on every machine. */
export const FaceRecord = z.object({
  collectionId: CollectionId,
  faceId: FaceId,
  externalKey: ExternalKey.nullable(),
  metadata: FaceMetadata,
  createdAt: Timestamp,
  references: z.array(ReferenceRecord).max(MAX_REFERENCES_PER_FACE),
});
export type FaceRecord = z.infer<typeof FaceRecord>;

export const RESOLUTIONS = ['keep-first', 'keep-second', 'both', 'same-person'] as const;
/** What an operator decides: who keeps the key, that both do, or that it is one person enrolled twice. */
export const Resolution = z.enum(RESOLUTIONS);
export type Resolution = z.infer<typeof Resolution>;

const ofFace = { collectionId: CollectionId, faceId: FaceId };
/** An operation that writes one is refused where a client of the APIs would be. */
const Description = CollectionDescription.nullable();
/** A server may have taken it before descriptions were looked at. */
const DescriptionAsItIs = z.string().max(1024).nullable();

/** An appliance puts a quarter as many into one. */
export const MAX_IDS_PER_OPERATION = 1000;

/** What happened at an appliance. */
export const OPERATIONS = {
  'collection-created': z.object({ collectionId: CollectionId, description: Description }),
  'collection-updated': z.object({ collectionId: CollectionId, description: Description }),
  /** After those of its faces that the sender had were deleted: it stays when there are others. */
  'collection-deleted': z.object({ collectionId: CollectionId }),
  'face-added': z.object({ face: FaceRecord }),
  'references-added': z.object({
    ...ofFace,
    references: z.array(ReferenceRecord).max(MAX_REFERENCES_PER_FACE),
  }),
  'references-removed': z.object({ ...ofFace, uids: z.array(ReferenceUid).max(MAX_IDS_PER_OPERATION) }),
  /** Earlier appliances do not tell the edit: then all that the metadata name counts. */
  'metadata-set': z.object({ ...ofFace, metadata: FaceMetadata, edit: MetadataEdit.optional() }),
  'external-key-set': z.object({ ...ofFace, externalKey: ExternalKey, allowDuplicates: z.boolean() }),
  'external-key-removed': z.object({ ...ofFace, externalKey: ExternalKey }),
  /** Also what a reset or the deletion of a collection means: exactly the faces that its sender saw go. */
  'faces-deleted': z.object({
    collectionId: CollectionId,
    faceIds: z.array(FaceId).min(1).max(MAX_IDS_PER_OPERATION),
  }),
  'conflict-resolved': z.object({ conflictId: ConflictId, resolution: Resolution }),
  /** What stood here concerned a face that was deleted before it was sent. */
  void: z.object({}),
} as const;
export type OperationKind = keyof typeof OPERATIONS;
export type OperationBody<K extends OperationKind> = z.infer<(typeof OPERATIONS)[K]>;

/** Operations as they wait at an appliance: references are named, and read when the operation is sent. */
export const PENDING_OPERATIONS = {
  ...OPERATIONS,
  'face-added': z.object({
    externalKey: ExternalKey.nullable(),
    metadata: FaceMetadata,
    uids: z.array(z.string()),
  }),
  'references-added': z.object({ ...ofFace, uids: z.array(z.string()) }),
} as const;
export type PendingBody<K extends OperationKind> = z.infer<(typeof PENDING_OPERATIONS)[K]>;

/** One change, `number` counting up by one in each replica. The body is parsed by its kind, by who knows the kind. */
export const Operation = z.object({
  number: z.int().positive(),
  kind: z.string().max(64),
  body: z.unknown(),
});
export type Operation = z.infer<typeof Operation>;

export const Conflict = z.object({
  conflictId: ConflictId,
  kind: z.enum(['external-key', 'suspected-duplicate']),
  collectionId: CollectionId,
  /** Who was there first, and holds the key. */
  firstFaceId: FaceId,
  secondFaceId: FaceId,
  externalKey: ExternalKey.nullable(),
  /** 0..100, of a suspected duplicate. */
  confidence: z.number().min(0).max(100).nullable(),
  createdAt: Timestamp,
});
export type Conflict = z.infer<typeof Conflict>;

export const Hello = z.object({
  protocols: z.array(z.int().positive()).min(1),
  server: z.string(),
});
export type Hello = z.infer<typeof Hello>;

/** In one message. */
export const MAX_OPERATIONS = 512;

export const Push = z.object({
  replicaId: ReplicaId,
  operations: z.array(Operation).max(MAX_OPERATIONS),
});
export type Push = z.infer<typeof Push>;

/** The server's answer to operations, however often they are sent. */
export const Pushed = z.object({
  feedId: z.string(),
  /** Number up to which this replica's operations are applied. Less than what was sent: send from there on. */
  applied: Count,
  /** Those that will never be applied, and why. */
  refused: z.array(z.object({ number: z.int().positive(), code: z.string() })),
});
export type Pushed = z.infer<typeof Pushed>;

export const Pull = z.object({
  replicaId: ReplicaId,
  cursor: Count,
  /** Most things to send, and about how many bytes. */
  limit: z.int().min(1).max(1000),
  bytes: z.int().min(1).max(16_000_000),
  /** The model whose templates are asked for. */
  modelId: ModelId,
  /** Faces to send besides, whole; those that do not fit are named in the answer. */
  wanted: z.array(FaceId).max(1000),
  /** While everything is being compared: the server's horizon when that began. */
  horizon: Count.optional(),
});
export type Pull = z.infer<typeof Pull>;

/** What a face of a client's own making is like at the server, to be compared with what is there: see `digestOf`. */
const OwnFace = z.object({ faceId: FaceId, digest: z.string() });

/** Changes after a cursor, oldest first. Kinds of things that a reader does not know are left out by parsing. */
export const Changes = z.object({
  feedId: z.string(),
  /** Number up to which the reader's own operations are applied. More than it has sent: it was set back. */
  applied: Count,
  /** To go on from. */
  cursor: Count,
  more: z.boolean(),
  /** The cursor is too old: start again from 0, and compare everything. */
  behind: z.boolean(),
  /** Number of the newest deletion that the feed leaves out. A device that compares everything sends it in its next request. */
  horizon: Count.optional(),
  /** The collections of which it tells, null: all; what the reader is to carry may have changed since it heard of it. */
  carried: z.array(CollectionId).nullable().optional(),
  /** Number of the newest change that there was. Less than the reader has read: the server was set back. */
  newest: Count.optional(),
  /** To be taken before the faces, which may lie in these: a collection comes in its turn, and with a face that comes before it. */
  collections: z.array(
    z.object({ collectionId: CollectionId, description: DescriptionAsItIs, gone: z.boolean() }),
  ),
  faces: z.array(FaceRecord),
  own: z.array(OwnFace),
  goneFaces: z.array(FaceId),
  /** Of the faces that were wanted, those that did not fit: they are to be asked for again. */
  left: z.array(FaceId).optional(),
  conflicts: z.array(Conflict),
  goneConflicts: z.array(ConflictId),
});
export type Changes = z.infer<typeof Changes>;

/** What an appliance tells its server of what happens there: nothing, that it happened, or also to which face. */
export const EVENT_TELLING = ['none', 'without-people', 'with-people'] as const;

/** What a device is to do, as its server has signed it. */
export const DevicePolicy = z.object({
  /** Counts up with every change. */
  version: Count,
  /** The collections it carries; null: all. */
  collections: z.array(CollectionId).max(1000).nullable(),
  /** Whether the server takes the faces that the device enrols or changes. */
  mayEnrol: z.boolean().default(true),
  /** Whether the server deletes the faces that the device deletes. */
  mayDelete: z.boolean().default(true),
  /** Whether pictures of references are sent to the server. */
  sendImages: z.boolean(),
  /** Whether a revoked device removes every face that the server has. */
  sealOnRevocation: z.boolean(),
  /** Whether it removes as many people as the server says, without asking an operator. */
  confirmRemovals: z.boolean().default(false),
  /** The least that visitors prove at the device, whatever its operator sets. */
  leastAssurance: AssuranceLevel.default('presence'),
  /** What it tells of its events. Policies of earlier versions do not say: then nothing. */
  events: z.enum(EVENT_TELLING).default('none'),
  /**
   * Its access rules in place of its own, an `AccessPolicy`; null: its own count. They are read where they are asked: an
   * appliance that cannot read them lets nobody in.
   */
  access: z.unknown().default(null),
  /** Seconds between two looks for changes. */
  pollSeconds: z.int().min(1).max(86_400),
});
export type DevicePolicy = z.infer<typeof DevicePolicy>;

export const DEFAULT_POLICY: DevicePolicy = {
  version: 1,
  collections: null,
  mayEnrol: true,
  mayDelete: true,
  sendImages: true,
  sealOnRevocation: false,
  confirmRemovals: false,
  leastAssurance: 'presence',
  events: 'without-people',
  access: null,
  pollSeconds: 30,
};

/** A policy as it is signed: for one device alone, and with whether that device was revoked. */
export const IssuedPolicy = DevicePolicy.extend({
  deviceId: DeviceId,
  revoked: z.boolean(),
  /** The last head of the device's audit log that it signed; earlier servers do not tell. */
  anchor: SignedAnchor.nullable().optional(),
});
export type IssuedPolicy = z.infer<typeof IssuedPolicy>;

/** UTF-16 units of a policy's JSON text; no appliance reads a longer one. */
export const MAX_POLICY_LENGTH = 200_000;

/** The JSON text of an {@link IssuedPolicy} and an Ed25519 signature over it, in hexadecimal. */
export const SignedPolicy = z.object({
  policy: z.string().max(MAX_POLICY_LENGTH),
  signature: z.string().max(128),
});
export type SignedPolicy = z.infer<typeof SignedPolicy>;

/** What a device says of itself at the end of each exchange. */
export const DeviceReport = z.object({
  /** Changes that are known, and cleaned from its files where they are deletions. */
  cursor: Count,
  version: z.string().regex(/^[\x20-\x7e]{0,64}$/),
  /** Its own clock: shown, never trusted. */
  clock: Timestamp,
  queue: Count,
  parked: Count,
  faces: Count,
  /** How many of them wait for an operator to remove them; earlier appliances do not tell. */
  held: Count.optional(),
  /** Version of the policy that it follows; earlier appliances do not tell. */
  policy: Count.optional(),
  audit: AuditHead,
  /** The same, signed; left out while it is doubtful whether this is the newest copy of the device's store. */
  anchor: SignedAnchor.optional(),
});
export type DeviceReport = z.infer<typeof DeviceReport>;

/** An appliance with a code asks to join. JSON, like its answer. */
export const Pairing = z.object({
  code: z.string().max(64),
  name: DisplayName,
  /** The key that signs its audit log. */
  publicKey: PublicKey,
});
export type Pairing = z.infer<typeof Pairing>;

export const Paired = z.object({
  deviceId: DeviceId,
  /** By which the device is known from now on; shown only now. */
  deviceKey: z.string().max(512),
  /** 32 bytes by which templates are rotated on their way, in base64. */
  templateSecret: z.base64().length(44),
  /** The key that signs policies. */
  serverKey: PublicKey,
  policy: SignedPolicy,
});
export type Paired = z.infer<typeof Paired>;

/** An appliance as the server knows it. */
export const DeviceStatus = z.object({
  deviceId: DeviceId,
  name: z.string(),
  pairedAt: Timestamp,
  revokedAt: Timestamp.nullable(),
  lastContact: Timestamp.nullable(),
  policy: DevicePolicy,
  report: DeviceReport.nullable(),
  /** Changes of the account that it has not confirmed; of these, deletions. */
  behind: Count,
  unconfirmedDeletions: Count,
});
export type DeviceStatus = z.infer<typeof DeviceStatus>;

/** A face that a conflict is about, with all that goes where it is not the one that remains. */
export const ConflictPerson = ShownFace.pick({ faceId: true, externalKey: true, createdAt: true }).extend({
  metadata: ShownMetadata.extend({ access: PersonAccess.optional() }),
});
export type ConflictPerson = z.infer<typeof ConflictPerson>;

/** Of an exchange under way. */
const SyncProgress = z.object({ sent: Count, taken: Count, waiting: Count });

/** An operation that the server refused, and why. */
export const ParkedOperation = z.object({
  number: z.int(),
  kind: z.string(),
  collectionId: z.string().nullable(),
  faceId: z.string().nullable(),
  code: z.string(),
  at: z.string(),
});
export type ParkedOperation = z.infer<typeof ParkedOperation>;

/** Whose access rules count at an appliance: its own, its server's, or its server's that it cannot read, so that nobody passes. */
export const AccessSource = z.enum(['own', 'server', 'unreadable']);
export type AccessSource = z.infer<typeof AccessSource>;

/** How an appliance is doing with its server, as its screen and its command line show it. */
export const SyncStatus = z.object({
  /** Where its server is, and how they talk; null: it has none. */
  server: z
    .object({
      origin: z.string(),
      mode: z.enum(['feed', 'realeyes']),
      deviceId: DeviceId.nullable(),
      access: AccessSource,
      events: z.enum(EVENT_TELLING),
    })
    .nullable(),
  state: z.enum(['off', 'idle', 'working', 'waiting', 'paused', 'metered', 'revoked']),
  /** Operations that wait. */
  queue: Count,
  lastSuccess: Timestamp.nullable(),
  nextTry: Timestamp.nullable(),
  /** Why the last try failed; null: it did not. */
  error: z.string().nullable(),
  /** How many faces the server listed for removal: too many at once, so that an operator has to agree. */
  held: Count,
  parked: z.array(ParkedOperation),
  conflicts: z.array(Conflict),
  /** The faces that the conflicts are about, as far as this device has them. */
  people: z.array(ConflictPerson),
  progress: SyncProgress.nullable(),
});
export type SyncStatus = z.infer<typeof SyncStatus>;

/** What of it any screen may know: no names, no places. */
export const SyncSummary = SyncStatus.pick({
  state: true,
  queue: true,
  lastSuccess: true,
  nextTry: true,
  error: true,
  held: true,
  progress: true,
}).extend({ parked: Count, conflicts: Count });
export type SyncSummary = z.infer<typeof SyncSummary>;
