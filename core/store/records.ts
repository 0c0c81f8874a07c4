import { randomBytes } from 'node:crypto';
import type {
  AuditEntry,
  AuditHead,
  ErasedFace,
  Face,
  FaceMetadata,
  NewEvent,
  PersonAccess,
} from '#contract';
import type { Purpose } from '#core/audit';

/** Everything in a store belongs to one account; the appliance itself is this one. */
export const LOCAL_ACCOUNT = 'local';

/** The id of an event at an appliance, at random. */
export const newEventId = (): string => `evt_${randomBytes(16).toString('hex')}`;

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
  /** What the face-api network makes of the picture; for accounts that allow descriptors. */
  readonly descriptor?: Float32Array;
}

export interface StoredReference {
  readonly referenceId: number;
  readonly faceId: string;
  /** Protected: comparable with other protected templates only; see {@link Store.protect}. */
  readonly template: Float32Array;
  readonly source: NewReference['source'];
  readonly createdAt: string;
}

/** What remains of a deleted face. */
export interface Tombstone extends ErasedFace {
  readonly account: string;
  readonly deletedAt: string;
}

/** Everything that is kept about one person (right of access). */
export interface PersonalData {
  readonly face: Face;
  /** JSON text that an API was given along. */
  readonly document: string | null;
  readonly references: readonly PersonalReference[];
  /** Of the face-api network, and what an API with sign-ins knows. */
  readonly descriptors: readonly Float32Array[];
  readonly email: string | null;
  readonly signIns: readonly SignIn[];
}

export interface PersonalReference {
  readonly quality: number;
  readonly source: NewReference['source'];
  readonly createdAt: string;
  /** As their models made them, up to rounding. */
  readonly templates: readonly ModelTemplate[];
  readonly image: Uint8Array | null;
}

/** Append-only; see `#core/audit`. Changes of a {@link Store} are recorded by the store itself, with the change. */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>;
  /** Sign the log as it is. @returns the head, to be kept elsewhere */
  checkpoint(): Promise<AuditHead>;
  /** All lines in order, from after line `after`; entries that come meanwhile too. */
  lines(after?: number): AsyncGenerator<string>;
  /** Of the key that signs checkpoints and receipts. */
  publicKey(): Promise<string>;
  /** By that key. @returns the signature in hexadecimal */
  sign(purpose: Purpose, text: string): Promise<string>;
  head(): Promise<AuditHead>;
  /** Remove what is older, see `AuditTable`. @returns how many lines */
  prune(times: Record<'before' | 'earliest' | 'now', Date>): Promise<number>;
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
  readonly particulars?: Pick<FaceParticulars, 'document' | 'live'>;
  readonly beside?: Beside;
}

/** What is noted about a person in place of the former. */
export interface NewNotes extends Omit<FaceMetadata, 'access'> {
  /** What is not named stays. */
  readonly access?: Partial<PersonAccess> | undefined;
}

/** How a face gets further references. */
export interface AddingOptions {
  /** The oldest of those that an operator or an API gave make room too, instead of `too-many-references`. */
  readonly makeRoom?: boolean;
  /** Then one more leaves no more than this, or no more than there were; by default `MAX_REFERENCES_PER_FACE`. */
  readonly most?: number;
  readonly beside?: Beside;
}

/** What is noted with an enrolment. */
export interface Beside {
  /** Of no other user of the account. */
  readonly email?: string;
  /** To be told of the face. */
  readonly events?: readonly NewEvent[];
}

/** A second template of a face, by the face-api network. */
export interface StoredDescriptor {
  readonly id: number;
  readonly faceId: string;
  /** Of the template in all lists. */
  readonly uid: string;
  /** Whether a client sent it, rather than a picture. */
  readonly isForeign: boolean;
  /** Of any length, protected. */
  readonly descriptor: Float32Array;
}

/** A user to be enrolled by a descriptor. */
export interface NewUser {
  readonly faceId: string;
  readonly externalKey: string;
  readonly metadata: FaceMetadata;
  readonly email: string | null;
  readonly events: readonly NewEvent[];
  readonly descriptor: Float32Array;
  /** 0..1. */
  readonly quality: number;
}

/** Another descriptor of a person who is enrolled. */
export type NewDescriptor = Omit<NewUser, 'externalKey' | 'metadata'>;

/** A face with an external key. */
export interface User {
  readonly faceId: string;
  readonly userId: string;
  readonly email: string | null;
  readonly createdAt: string;
  readonly lastLogin: string | null;
  readonly successes: number;
  readonly failures: number;
  readonly templates: number;
  /** Mean of the templates, 0..1; null: there are none. */
  readonly quality: number | null;
}

/** Events about a user that a call finds. */
export type EventsOfUser = (user: Pick<User, 'userId' | 'email'>) => readonly NewEvent[];

export interface UserQuery {
  readonly offset: number;
  readonly limit: number;
  readonly newestFirst: boolean;
}

export interface UserPage {
  readonly users: readonly User[];
  readonly total: number;
}

export interface UserTemplate {
  readonly uid: string;
  readonly quality: number;
  readonly createdAt: string;
  readonly uses: number;
  readonly lastUsed: string | null;
}

/** A verification of a user. */
export interface SignIn {
  readonly id: number;
  readonly isSuccess: boolean;
  readonly similarity: number;
  readonly address: string;
  readonly userAgent: string;
  readonly at: string;
}

/** A verification that is to be noted. */
export interface NewSignIn extends Omit<SignIn, 'id' | 'at'> {
  /** Of the template that matched; null: none. */
  readonly uid: string | null;
  readonly events: readonly NewEvent[];
}

/** What only the APIs of a server know of a face. */
export interface FaceParticulars {
  /** Stays the same as long as the face is there, and is never used twice. */
  readonly number: number;
  /** JSON text, as it was sent along. */
  readonly document: string | null;
  /** How live the picture looked that it was enrolled from, 0..1; null: not asked. */
  readonly live: number | null;
  /** Of its best reference, 0..1. */
  readonly quality: number;
}

/** A part of a list of references: at most `limit` with ids above `after` and up to `upTo`. */
export interface ReferencePage {
  readonly after?: number;
  readonly upTo?: number;
  readonly limit?: number;
  /** By default the whole collection. */
  readonly part?: CollectionPart;
}

/** Some of the faces of a collection, each with all its references; a face stays in its part as long as it is there. */
export interface CollectionPart {
  /** 0 to `of` - 1. */
  readonly number: number;
  /** How many parts make the collection. */
  readonly of: number;
}

/** A collection in one part. */
export const WHOLE: CollectionPart = { number: 0, of: 1 };

/**
 * Whom an erasure is about: a face, in whatever collection where none is named, or every face under an external key of one
 * collection. In another collection the same key may be another person's.
 */
export type ErasureSubject =
  | { readonly faceId: string; readonly collectionId?: string | undefined }
  | { readonly externalKey: string; readonly collectionId: string };

/** Why somebody is erased, where the audit log is to say more than that. */
export type ErasureReason = 'consent-withdrawn';

export interface FaceQuery {
  /** Part of the name, the external key or the face id, ignoring case. */
  readonly query?: string;
  readonly offset?: number;
  readonly limit?: number;
}

/** A row that is kept as a template and is none. */
export interface UnsoundTemplate {
  readonly account: string;
  readonly collectionId: string;
  readonly faceId: string;
  readonly referenceId: number;
  readonly modelId: string;
}
