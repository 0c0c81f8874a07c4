import type { AuditEntry, AuditHead, ErasedFace, Face, FaceMetadata } from '#contract';
import type { Purpose } from '#core/audit';

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
}

/** What only the APIs of a server know of a face. */
export interface FaceParticulars {
  /** Stays the same as long as the face is there, and is never used twice. */
  readonly number: number;
  /** JSON text, as it was sent along. */
  readonly document: string | null;
  /** How live the picture looked that it was enrolled from, 0..1; null: nobody asked. */
  readonly live: number | null;
  /** Of its best reference, 0..1. */
  readonly quality: number;
}

/** A part of a list of references: at most `limit` with ids above `after` and up to `upTo`. */
export interface ReferencePage {
  readonly after?: number;
  readonly upTo?: number;
  readonly limit?: number;
}

export interface FaceQuery {
  /** Part of the name, the external key or the face id, ignoring case. */
  readonly query?: string;
  readonly offset?: number;
  readonly limit?: number;
}
