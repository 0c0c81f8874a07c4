import { z } from 'zod';
import { PersonAccess } from './access.ts';
import { CardId } from './cards.ts';
import { Consent } from './consent.ts';
import { CollectionId, FaceId, FaceSessionId } from './ids.ts';
import { OperatorId, OperatorRole } from './operators.ts';
import { Plan } from './plans.ts';
import { Scope } from './scope.ts';

/** SHA-256 in hexadecimal, lower case only: a hash has one spelling. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** An Ed25519 signature (RFC 8032) in hexadecimal, lower case only. */
export const Signature = z.string().regex(/^[0-9a-f]{128}$/);

/** An Ed25519 public key: SubjectPublicKeyInfo (RFC 8410) in base64. */
export const PublicKey = z.base64().length(60);

/** Who did it: `operator`, one of them such as `operator:robin-3f2a`, `command-line`, `device` (by itself), or one of several, such as `api:acct_7` (an account of the server). */
export const Actor = z.string().regex(/^[a-z-]{1,32}(:[A-Za-z0-9_.-]{1,128})?$/);
export type Actor = z.infer<typeof Actor>;

const Count = z.int().nonnegative();
const inCollection = { account: z.string(), collectionId: CollectionId };
/** An API key of the server, by the part of its hash that it is looked up by. */
const ofKey = { account: z.string(), keyId: z.string() };
const ofWebhook = { account: z.string(), webhookId: z.string() };
const ofFace = { ...inCollection, faceId: FaceId };

/** A face that is gone, by ids that mean nothing without it. */
export const ErasedFace = z.object({ collectionId: CollectionId, faceId: FaceId });
export type ErasedFace = z.infer<typeof ErasedFace>;

const entry = <K extends string, S extends z.ZodRawShape>(kind: K, shape: S) =>
  z.strictObject({ kind: z.literal(kind), ...shape });

/**
 * What the audit log records. Never a template, an image, an external key, a name or a PIN: a face is named by its
 * random id, which means nothing once the face is erased.
 */
export const AuditEntry = z.discriminatedUnion('kind', [
  entry('enrolled', { ...ofFace, references: Count }),
  entry('references-added', { ...ofFace, references: Count }),
  /** A client sent a descriptor in place of a picture. */
  entry('descriptor-added', ofFace),
  entry('descriptor-removed', ofFace),
  /** Automatic ones, on demand; or one of a user. */
  entry('references-removed', { ...ofFace, references: Count }),
  /** Kept as templates, and are none: of these faces, at most so many of which are named. No face is compared with them. */
  entry('templates-skipped', {
    ...inCollection,
    modelId: z.string(),
    templates: Count,
    faces: z.array(FaceId).max(16),
  }),
  entry('template-removed', { ...ofFace, modelId: z.string() }),
  /** The server sent a face that makes no sense, or a template of it that is none. */
  entry('face-refused', { ...ofFace, code: z.string().max(64) }),
  entry('external-key-set', ofFace),
  entry('external-key-removed', ofFace),
  entry('access-code-set', ofFace),
  /** What is noted about it, or all that another machine made of it. */
  entry('face-updated', ofFace),
  /** Somebody agreed to be enrolled, and took that back: then the face is erased. `version` is null where none was noted. */
  entry('consent-given', {
    ...ofFace,
    version: Consent.shape.version,
    purpose: Consent.shape.purpose,
    termDays: Consent.shape.termDays,
    way: Consent.shape.way,
  }),
  entry('consent-withdrawn', { ...ofFace, version: Consent.shape.version.nullable() }),
  entry('face-deleted', ofFace),
  /** Only from this machine, which is not to have it any more. */
  entry('face-evicted', ofFace),
  /** A card by which somebody carries their template, and what they agreed to, if they were asked. */
  entry('card-issued', {
    cardId: CardId,
    consent: Consent.pick({ version: true, purpose: true, termDays: true, way: true }).nullable(),
    /** Only of somebody enrolled. */
    faceId: FaceId.optional(),
  }),
  entry('card-revoked', { cardId: CardId }),
  entry('conflict-resolved', { ...inCollection, conflictId: z.string(), resolution: z.string().max(32) }),
  /**
   * One person enrolled twice: `faceId` remains, and `from` is gone. How many references came along, and what did not:
   * the access of the one that is gone, and the version of the text that was agreed to with it; null where none was noted.
   */
  entry('faces-merged', {
    ...ofFace,
    from: FaceId,
    references: Count,
    access: PersonAccess.nullable(),
    consent: Consent.shape.version.nullable(),
  }),
  /** Attempts to join since the last such entry that had no valid code, and those that were not looked at since there were too many. */
  entry('pairings-refused', { wrong: Count, limited: Count }),
  entry('device-paired', { account: z.string(), deviceId: z.string() }),
  entry('device-policy-set', { account: z.string(), deviceId: z.string(), version: Count }),
  entry('device-revoked', { account: z.string(), deviceId: z.string() }),
  /** An appliance took over a face session of an API client, and told what came of it. */
  entry('session-claimed', { account: z.string(), deviceId: z.string(), sessionId: FaceSessionId }),
  entry('session-decided', {
    account: z.string(),
    deviceId: z.string(),
    sessionId: FaceSessionId,
    live: z.boolean(),
    match: z.boolean(),
  }),
  /** At an appliance. */
  entry('server-joined', { origin: z.url() }),
  entry('server-left', { origin: z.url() }),
  entry('policy-followed', {
    version: Count,
    collections: z.array(CollectionId).nullable(),
    revoked: z.boolean(),
    /** Whose access rules count; absent in earlier versions. */
    access: z.enum(['own', 'server', 'unreadable']).optional(),
  }),
  /** An operator agreed to remove the many faces that the server listed for removal. */
  entry('removals-confirmed', { faces: Count }),
  /** Another embedding model serves an account; templates of all others are gone. `from` is null where no face was enrolled. */
  entry('model-switched', { account: z.string(), from: z.string().nullable(), to: z.string() }),
  entry('erased', { account: z.string(), faces: z.array(ErasedFace).min(1) }),
  entry('collection-created', inCollection),
  entry('collection-updated', inCollection),
  entry('collection-reset', { ...inCollection, faces: Count }),
  entry('collection-deleted', { ...inCollection, faces: Count }),
  /** Accounts of the server, and their keys by an id that tells nothing of the key. */
  entry('account-created', { account: z.string() }),
  entry('account-plan-set', { account: z.string(), plan: Plan.nullable() }),
  /** Whether clients may send descriptors; of those that were kept, so many were removed. */
  entry('account-descriptors-set', { account: z.string(), allowed: z.boolean(), removed: Count }),
  /** For how long events of its appliances are kept. */
  entry('account-events-kept', { account: z.string(), days: z.int().positive() }),
  entry('api-key-added', { ...ofKey, scopes: z.array(Scope) }),
  entry('api-key-removed', ofKey),
  entry('webhook-added', ofWebhook),
  entry('webhook-removed', ofWebhook),
  /** It took an event so often not that nothing is sent to it any more; and is sent to again. */
  entry('webhook-failing', ofWebhook),
  entry('webhook-resumed', ofWebhook),
  /** Where web pages may use tokens of a key from now on. */
  entry('page-origins-set', { ...ofKey, origins: z.array(z.string().max(512)).max(64) }),
  /** Requests to the server since the last such entry that showed no valid key, or one that does not permit what was asked. */
  entry('requests-refused', { unauthenticated: Count, forbidden: Count }),
  /** One visit, or an access code (`visitId` null). What `scores` hold is the session's matter. */
  entry('decision', {
    visitId: z.string().max(64).nullable(),
    outcome: z.enum(['granted', 'denied', 'undecided', 'compared']),
    reasons: z.array(z.string().max(64)).max(16),
    challenge: z.array(z.string().max(64)).max(16),
    scores: z.json(),
    faceId: FaceId.nullable(),
    /** What the visitor had to prove, and why it was more than usual; absent in earlier versions. */
    level: z.string().max(64).optional(),
    doubts: z.array(z.string().max(64)).max(16).optional(),
    /** The answer of the server where it was asked to identify the visitor, and the server's id of the face it found. */
    online: z.strictObject({ code: z.string().max(64), remoteId: z.string().max(512).nullable() }).optional(),
    /** Of a visit by face session. */
    sessionId: FaceSessionId.optional(),
    /** Of a visit by card. */
    cardId: CardId.optional(),
  }),
  /** How many access rules are set now. Null: none any more. 0: those of a former server, which this version cannot read. */
  entry('access-policy-set', { rules: Count.nullable() }),
  /** What opens the door; null: nothing any more. */
  entry('door-set', { doorId: z.string().max(64).nullable(), actuator: z.string().max(64).nullable() }),
  /** Where metrics are served; null: nowhere any more. */
  entry('metrics-set', { port: Count.nullable() }),
  entry('event-target-added', { targetId: z.string().max(64) }),
  entry('event-target-removed', { targetId: z.string().max(64) }),
  entry('signed-in', {}),
  /** `operatorId`: who it was said to be. */
  entry('sign-in-refused', { code: z.string().max(64), operatorId: OperatorId.optional() }),
  entry('operator-added', { operatorId: OperatorId, name: z.string(), role: OperatorRole }),
  entry('operator-role-set', { operatorId: OperatorId, role: OperatorRole }),
  /** By somebody else. */
  entry('operator-pin-set', { operatorId: OperatorId }),
  entry('operator-removed', { operatorId: OperatorId }),
  /** The operator's PIN was forgotten, from the console of this machine. */
  entry('pin-reset', {}),
  entry('settings-changed', { changes: z.record(z.string(), z.json()) }),
  entry('exported', { what: z.enum(['audit-log', 'backup', 'person']), faceId: FaceId.nullable() }),
  entry('key-changed', {
    what: z.enum(['key-encryption-key', 'data-key', 'template-protection', 'operator-pin', 'card-key']),
    /** Where the change is not one transaction with this entry, one entry stands before it and one after. */
    stage: z.enum(['begun', 'done']),
  }),
  /** The key of an epoch of the database was destroyed, and with it what was deleted by then. */
  entry('epoch-destroyed', { epoch: Count }),
  entry('restored', { backup: z.object({ n: Count, hash: Sha256 }), erasedAgain: Count }),
  /** The store was found to be an older copy of itself, and what an operator decided. */
  entry('set-back-noticed', { by: z.string().max(64) }),
  entry('set-back-settled', { decision: z.string().max(64), erasedAgain: Count }),
  /** Nothing is removed for being old: the clock contradicts the time that is known. */
  entry('clock-doubted', { known: z.iso.datetime() }),
  entry('clock-trusted', { now: z.iso.datetime() }),
  entry('retention-applied', {
    images: Count,
    auditEntries: Count,
    events: Count.optional(),
    people: Count.optional(),
  }),
  /** Entries up to `through` were removed by the retention policy; the log goes on from the checkpoint there. */
  entry('audit-pruned', { through: Count }),
  /** So many entries could not be written, since the disk was full or the store held by another process. */
  entry('audit-gap', { missed: Count }),
  /** Attacks are presented on purpose: from here to its end visits are judged, and nobody is let in. */
  entry('drill-began', { drillId: z.string().max(64) }),
  /** `presented` is null for a visit that is not counted. */
  entry('drill-visit', {
    drillId: z.string().max(64),
    visitId: z.string().max(64).nullable(),
    presented: z.string().max(64).nullable(),
    outcome: z.string().max(64),
    reasons: z.array(z.string().max(64)).max(32),
  }),
  entry('drill-ended', { drillId: z.string().max(64), presentations: Count }),
  /** Signed: vouches for every line up to and including this one. */
  entry('checkpoint', {}),
]);
export type AuditEntry = z.infer<typeof AuditEntry>;

/** One line of the log. `previous` is the SHA-256 of the line before, byte for byte; of 64 zeros before the first. */
export const AuditRecord = z.strictObject({
  n: z.int().positive(),
  at: z.iso.datetime(),
  previous: Sha256,
  actor: Actor,
  /** Entries of newer versions stay readable. */
  entry: z.looseObject({ kind: z.string() }),
  /** Of a checkpoint: over this line as it is without its signature. */
  signature: Signature.optional(),
});
export type AuditRecord = z.infer<typeof AuditRecord>;

/** A place in the log: a line's number and the SHA-256 of that line. */
export const AuditHead = z.object({ n: z.int().nonnegative(), hash: Sha256 });
export type AuditHead = z.infer<typeof AuditHead>;

/** A head and the life of the store's history that it is of; see `core/store/tables/lineage.ts`. */
export const StoreHead = AuditHead.extend({ lineage: z.string().max(64) });
export type StoreHead = z.infer<typeof StoreHead>;

/** A head that a device has signed, for its server to keep. */
export const SignedAnchor = StoreHead.extend({ signature: Signature });
export type SignedAnchor = z.infer<typeof SignedAnchor>;

/** What shows that a store was set back to an older copy: the head that lies with its key, that of the server, receipts. */
export const SetBackEvidence = z.enum(['key', 'server', 'receipts']);
export type SetBackEvidence = z.infer<typeof SetBackEvidence>;

/** A store that was set back, before an operator has decided. */
export const SetBack = z.object({
  evidence: z.array(SetBackEvidence),
  /** How many receipts name as erased who is not. */
  people: Count,
});
export type SetBack = z.infer<typeof SetBack>;

/** How to go on with the store: erase the faces that receipts name again, or keep them. */
export const SetBackDecision = z.enum(['erase-again', 'accept']);
export type SetBackDecision = z.infer<typeof SetBackDecision>;

const stated = {
  account: z.string(),
  faces: z.array(ErasedFace).min(1),
  at: z.iso.datetime(),
  by: Actor,
  /** The line of the audit log that records it. */
  audit: AuditHead,
};
const signed = {
  publicKey: PublicKey,
  /** Over the JSON text of all other members in this order. */
  signature: Signature,
};

/** Proof that an actor erased faces at a time. The device's public key alone verifies it. */
export const ErasureReceipt = z.discriminatedUnion('receipt', [
  /** Nothing of the faces is left in the file. */
  z.strictObject({ receipt: z.literal('lintel-erasure-1'), ...stated, ...signed }),
  /** Of a database that keeps copies of what was deleted: the faces are in no table of it. */
  z.strictObject({
    receipt: z.literal('lintel-erasure-2'),
    ...stated,
    /** When the last key was destroyed that could open the copies; null: pending, the same request has the time later. */
    keysDestroyedAt: z.iso.datetime().nullable(),
    ...signed,
  }),
]);
export type ErasureReceipt = z.infer<typeof ErasureReceipt>;
