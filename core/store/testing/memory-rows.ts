import type { NewPageToken } from '../stores.ts';
import type { AuditHead, ErasedFace, FaceMetadata, SetBackEvidence } from '#contract';
import type { ModelTemplate, NewReference, SignIn } from '../records.ts';
import type {
  Account,
  Delivery,
  Invitation,
  StoredDevice,
  StoredApiKey,
  Webhook,
} from '../server-records.ts';

/** Rows of a store in memory: never changed, but replaced. */

export interface CollectionRow {
  readonly id: number;
  readonly account: string;
  readonly collectionId: string;
  readonly description: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly revision: number;
  readonly removals: number;
  readonly autoEnrol: boolean;
}

export interface FaceRow {
  readonly id: number;
  readonly collection: number;
  readonly faceId: string;
  readonly externalKey: string | null;
  readonly metadata: FaceMetadata;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Hash of the access code, in hexadecimal. */
  readonly code: string | null;
  readonly document: string | null;
  readonly live: number | null;
  readonly email: string | null;
  readonly successes: number;
  readonly failures: number;
  readonly lastLogin: string | null;
  /** The newest last. */
  readonly signIns: readonly SignIn[];
  /** Verifications by each template, by its name. */
  readonly uses: ReadonlyMap<string, { readonly uses: number; readonly lastUsed: string }>;
}

export interface ReferenceRow {
  readonly id: number;
  readonly face: number;
  readonly uid: string;
  readonly quality: number;
  readonly source: NewReference['source'];
  readonly createdAt: string;
  /** By model, protected; null: that model finds no face in the image. */
  readonly templates: ReadonlyMap<string, Float32Array | null>;
  readonly image: { readonly bytes: Uint8Array; readonly createdAt: string } | null;
}

export interface DescriptorRow extends ModelTemplate {
  readonly id: number;
  readonly face: number;
  /** Of the same picture; null: a client sent it. */
  readonly reference: number | null;
  readonly uid: string;
  readonly quality: number;
  readonly createdAt: string;
}

export interface TombstoneRow {
  readonly account: string;
  readonly faceId: string;
  readonly collectionId: string;
  readonly deletedAt: string;
  /** The line of the audit log that records the deletion. */
  readonly line: number;
}

export interface ReplyRow {
  readonly account: string;
  readonly fingerprint: Uint8Array;
  readonly body: string;
  readonly savedAt: number;
}

export interface PairingRow extends Invitation {
  readonly expiresAt: string;
  readonly uptime: number;
}

export interface DeviceRow extends StoredDevice {
  readonly anchors: readonly (AuditHead & { at: string })[];
}

export interface WebhookRow extends Webhook {
  readonly id: number;
  readonly account: string;
  readonly secret: string;
}

export interface DeliveryRow extends Omit<Delivery, 'url' | 'secret'> {
  readonly account: string;
  readonly subject: string;
  /** Milliseconds since 1970. */
  readonly announced: number;
}

export interface MeterRow {
  readonly began: number;
  readonly calls: number;
  /** By day. */
  readonly days: ReadonlyMap<string, { readonly calls: number; readonly failures: number }>;
  /** Calls that were charged and are under way. */
  readonly pending: number;
  /** The newest first. */
  readonly log: readonly { readonly call: string; readonly outcome: string; readonly at: string }[];
}

/** A face that a receipt names as erased. */
export type GoneFace = ErasedFace & { readonly account: string };

/** Which life of its history the store lives, and what contradicts it; see `core/store/tables/lineage.ts`. */
export interface LineageRow {
  readonly current: string;
  readonly former: readonly string[];
  readonly accepted: readonly string[];
  readonly pending: {
    readonly evidence: readonly SetBackEvidence[];
    readonly lives: readonly string[];
    readonly faces: readonly GoneFace[];
  } | null;
}

/** All tables, by id or name. */
export class Rows {
  readonly collections = new Map<number, CollectionRow>();
  /** In order of enrolment. */
  readonly faces = new Map<number, FaceRow>();
  readonly references = new Map<number, ReferenceRow>();
  readonly descriptors = new Map<number, DescriptorRow>();
  readonly tombstones = new Map<string, TombstoneRow>();
  readonly secrets = new Map<string, Uint8Array>();
  readonly servingModels = new Map<string, string>();
  /** Of templates, by account and model. */
  readonly lengths = new Map<string, number>();
  readonly accounts = new Map<string, Account>();
  /** Ids of the accounts that somebody registered. */
  readonly registered = new Map<string, true>();
  readonly keys = new Map<string, StoredApiKey>();
  /** By key. */
  readonly pageOrigins = new Map<string, readonly string[]>();
  readonly pageTokens = new Map<string, NewPageToken>();
  readonly replies = new Map<string, ReplyRow>();
  readonly pairings = new Map<string, PairingRow>();
  readonly devices = new Map<string, DeviceRow>();
  readonly webhooks = new Map<number, WebhookRow>();
  readonly deliveries = new Map<number, DeliveryRow>();
  readonly meters = new Map<string, MeterRow>();
  /** Number of the newest change of each thing of an account, and whether it was a deletion of a face. */
  readonly changes = new Map<
    string,
    { readonly account: string; readonly seq: number; readonly isDeletion: boolean }
  >();
  /** In order of their coming. */
  readonly frames = new Map<string, true>();
  readonly lineage = new Map<'life', LineageRow>();

  /** @param of whose rows it has from the start */
  constructor(of?: Rows) {
    for (const [table, rows] of Object.entries(of ?? {}) as [keyof Rows, Map<unknown, unknown>][]) {
      const own: Map<unknown, unknown> = this[table];
      for (const [id, row] of rows) own.set(id, row);
    }
  }
}
