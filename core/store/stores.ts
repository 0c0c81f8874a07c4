import type {
  AuditHead,
  DeviceEvent,
  DeviceEventQuery,
  DevicePolicy,
  DeviceReport,
  DeviceStatus,
  EventKind,
  NewEvent,
  Plan,
  PlanLimits,
  SetBack,
  SignedAnchor,
} from '#contract';
import type {
  NewDescriptor,
  NewSignIn,
  EventsOfUser,
  NewUser,
  SignIn,
  UnsoundTemplate,
  User,
  UserPage,
  UserQuery,
  UserTemplate,
} from './records.ts';
import type {
  Account,
  Delivery,
  DeviceTotals,
  Invitation,
  NewDevice,
  NewApiKey,
  Reply,
  StoredDevice,
  StoredApiKey,
  Usage,
  Webhook,
} from './server-records.ts';

/** Parts of a `Store` that each keep one kind of thing. Errors besides those named: as of the store. */

/** Accounts and the hashes of their keys; changes are recorded as one actor's. */
export interface AccountStore {
  /** With its first key, or not at all. @throws `account-exists`, `key-exists` */
  add(accountId: string, name: string, key: NewApiKey): Promise<Account>;
  /**
   * Add an account on the plan `free` for an email address, which is also the name of the account.
   * @returns its number @throws `account-exists` also for an address that is taken, `key-exists`
   */
  register(
    accountId: string,
    person: { readonly email: string; readonly name: string },
    key: NewApiKey,
  ): Promise<number>;
  /** Whether somebody registered this account, and no operator made it. */
  isRegistered(accountId: string): Promise<boolean>;
  /** @throws `account-not-found` */
  get(accountId: string): Promise<Account>;
  /** @param plan null: without limits @throws `account-not-found` */
  setPlan(accountId: string, plan: Plan | null): Promise<void>;
  /**
   * Whether clients of an account may send descriptors. Where they may no longer, all that is kept of them goes.
   * @returns how many were removed @throws `account-not-found`
   */
  setDescriptors(accountId: string, allowed: boolean): Promise<number>;
  /** In order of creation. */
  list(): Promise<Account[]>;
  /** @throws `account-not-found`, `key-exists` */
  addApiKey(accountId: string, key: NewApiKey): Promise<void>;
  /** In order of creation. */
  keys(accountId: string): Promise<StoredApiKey[]>;
  findApiKey(keyId: string): Promise<StoredApiKey | null>;
  /** @returns whether it existed */
  removeApiKey(keyId: string): Promise<boolean>;
}

/** Uses of a page's token that are left. */
export interface NewPageToken {
  readonly tokenId: string;
  readonly keyId: string;
  readonly uses: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** Which web pages may use tokens of an API key, and how often each token may still be used. */
export interface PageStore {
  /** In order. */
  origins(keyId: string): Promise<string[]>;
  /** Replace the list of a key. @throws `key-not-found` */
  setOrigins(keyId: string, origins: readonly string[]): Promise<void>;
  /** Whether any key has it. */
  isListed(origin: string): Promise<boolean>;
  /** @param now seconds since 1970 @throws `key-not-found`; `rate-limited` when the key has too many */
  addToken(token: NewPageToken, now: number): Promise<void>;
  /** Whether a token can still be used. */
  canUseToken(tokenId: string, keyId: string): Promise<boolean>;
  /** Use a token once. @returns whether it could be, however many try at once */
  useToken(tokenId: string, keyId: string): Promise<boolean>;
  /** End a token of an account. @returns whether it was there */
  removeToken(account: string, tokenId: string): Promise<boolean>;
}

/** How a call ended that was charged. */
export interface EndedCall {
  /** The day that it counts for. */
  readonly day: string;
  readonly call: string;
  readonly outcome: string;
  readonly isSuccess: boolean;
}

/** Counts calls, and refuses those beyond an account's limits, exactly, however many calls come at once. */
export interface UsageStore {
  /**
   * Count a call that is about to be done.
   * @returns the day that it counts for
   * @throws `rate-limited`, `month-used-up`, `account-not-found`; then nothing was counted
   */
  charge(account: string, meter: string, limits: PlanLimits, now: Date): Promise<string>;
  /** How many calls the minute that runs has, and when it ends. */
  minute(account: string, meter: string, now: Date): Promise<{ calls: number; endsAt: Date }>;
  /**
   * Note how a call ended that was charged; one that was refused after all counts as a failure instead.
   * @throws `account-not-found`
   */
  settle(account: string, meter: string, ended: EndedCall, now: Date): Promise<void>;
  of(account: string, meter: string, now: Date): Promise<Usage>;
}

/** Answers by idempotency key, for a day. */
export interface ReplyStore {
  find(account: string, idempotencyKey: string): Promise<Reply | null>;
  /**
   * Begin to answer a request.
   * @returns the answer, where there is one; `under-way` while another server makes it
   */
  begin(account: string, idempotencyKey: string): Promise<Reply | 'begun' | 'under-way'>;
  /** It ended without an answer. */
  abandon(account: string, idempotencyKey: string): Promise<void>;
  /** It ended with this answer. */
  save(account: string, idempotencyKey: string, reply: Reply): Promise<void>;
  /**
   * Forget the answers that are old, and those that name an external key that its face no longer has; the file is to be
   * cleaned of them.
   * @returns how many
   */
  prune(): Promise<number>;
}

/** A server's appliances, and the codes by which more may join. */
export interface DeviceStore {
  /** Seconds by a clock that all who use the store share: for which the machine has been running, or those of the database. */
  uptime(): Promise<number>;
  /**
   * @param hash of a code that lets one device join until a moment
   * @param uptime by {@link uptime}
   */
  invite(hash: Uint8Array, invitation: Invitation, expiresAt: Date, uptime: number): Promise<void>;
  /**
   * Uses a code up for a new device.
   * @param uptime by {@link uptime}, now and when the oldest code was made that is still good: the clock of the wall may be
   *   set back
   * @throws `pairing-code-invalid`
   */
  join(
    codeHash: Uint8Array,
    device: NewDevice,
    uptime: { readonly oldest: number; readonly now: number },
  ): Promise<Invitation>;
  find(deviceId: string): Promise<StoredDevice | null>;
  /** In order of their pairing, with how far each is. */
  list(account: string): Promise<DeviceStatus[]>;
  /** Of all devices that were not revoked. */
  totals(): Promise<DeviceTotals>;
  /** Note what a device says of itself. @throws `device-not-found` */
  report(deviceId: string, report: DeviceReport): Promise<void>;
  /** The heads of a device's audit log as it told them, oldest first: the newest thousand, and of each hour before the first. */
  anchors(deviceId: string): Promise<(AuditHead & { at: string })[]>;
  /** @throws `device-not-found` */
  setPolicy(account: string, deviceId: string, policy: Omit<DevicePolicy, 'version'>): Promise<DevicePolicy>;
  /** From the next request on, for good. @throws `device-not-found` */
  revoke(account: string, deviceId: string): Promise<void>;
}

/** At a server: what happened at the appliances of its accounts. */
export interface DeviceEventStore {
  /** The newest arrivals first. */
  list(account: string, query: DeviceEventQuery): Promise<DeviceEvent[]>;
  /** For how long an account keeps them, from their arrival. @throws `account-not-found` */
  keepFor(account: string, days: number): Promise<void>;
  /** Remove those that their accounts keep no longer. @returns how many */
  prune(times: Record<'earliest' | 'now', Date>): Promise<number>;
}

/** An address that something is due at, and whose it is. */
export interface WaitingAddress {
  readonly webhook: number;
  readonly account: string;
}

/** An outbox of what addresses are to hear. */
export interface DeliveryQueue {
  /** Addresses that something is due at, first what has been due for longest. */
  waiting(now: Date): Promise<WaitingAddress[]>;
  /** What is due at one address, one of each subject at most. */
  due(webhook: number, now: Date, limit: number): Promise<Delivery[]>;
  /** When something is due next, in milliseconds since 1970; null: nothing waits. */
  next(): Promise<number | null>;
  /** It was taken. */
  delivered(id: number): Promise<void>;
  /** It was not taken: it is sent again later, or waits until its address is tested again. */
  refused(id: number, now: Date): Promise<void>;
}

/** Webhooks of accounts, and events that wait for them. Changes of webhooks are recorded as one actor's. */
export interface WebhookStore extends DeliveryQueue {
  /** @throws `too-many-webhooks` */
  add(
    account: string,
    webhook: { readonly url: string; readonly kinds: readonly EventKind[]; readonly secret: string },
  ): Promise<Webhook>;
  /** In order of creation. */
  list(account: string): Promise<Webhook[]>;
  /** What a test of an address is sent to and signed with. @throws `webhook-not-found` */
  target(account: string, webhookId: string): Promise<{ url: string; secret: string }>;
  /** With what it has not taken yet. @throws `webhook-not-found` */
  remove(account: string, webhookId: string): Promise<void>;
  /** The address answers again: what waits is sent from now on. @throws `webhook-not-found` */
  resume(account: string, webhookId: string, now: Date): Promise<Webhook>;
  /** Forget events that have waited for `WEBHOOK_LIMITS.days`, of all accounts. @returns how many */
  prune(now: Date): Promise<number>;
}

/**
 * Users of a collection, for an API with sign-ins: a user is a face with an external key. The data of a user are deleted
 * with the face. Each change stores its webhook events in its own transaction.
 */
export interface UserStore {
  /** @throws `collection-not-found` */
  list(account: string, collectionId: string, query: UserQuery): Promise<UserPage>;
  /** @throws `collection-not-found`, `user-not-found` */
  get(account: string, collectionId: string, userId: string): Promise<User>;
  /** The user who has an e-mail address, or null. */
  withEmail(account: string, email: string): Promise<string | null>;
  /** Oldest first. @throws `collection-not-found`, `face-not-found` */
  templates(account: string, collectionId: string, faceId: string): Promise<UserTemplate[]>;
  /** The name of a reference in all lists, or null. */
  nameOf(account: string, referenceId: number): Promise<string | null>;
  /**
   * Enrol a user by a descriptor: a face without references.
   * @returns the name of the template @throws `collection-not-found`, `external-key-in-use`, `face-erased`, `email-exists`
   */
  enrolByDescriptor(account: string, collectionId: string, user: NewUser): Promise<string>;
  /**
   * Give a person another descriptor.
   * @param most where the person has as many templates, the oldest descriptor that a client sent makes room
   * @returns the name of the template @throws `collection-not-found`, `face-not-found`, `email-exists`
   */
  addDescriptor(account: string, collectionId: string, added: NewDescriptor, most: number): Promise<string>;
  /**
   * Remove one template, whichever user has it.
   * @param events makes the webhook events about that user
   * @throws `user-template-not-found`
   */
  removeTemplate(account: string, collectionId: string, uid: string, events: EventsOfUser): Promise<void>;
  /**
   * Note a verification.
   * @throws `collection-not-found`, `face-not-found`
   */
  signIn(account: string, collectionId: string, faceId: string, signIn: NewSignIn): Promise<void>;
  /** The newest first. @throws `collection-not-found`, `face-not-found` */
  signIns(
    account: string,
    collectionId: string,
    faceId: string,
    query: { offset: number; limit: number; isSuccess: boolean | null },
  ): Promise<{ signIns: SignIn[]; total: number }>;
  /** Delete a user with all that is kept of them. @returns what there was @throws `collection-not-found`, `user-not-found` */
  delete(
    account: string,
    collectionId: string,
    userId: string,
    events: (user: User) => readonly NewEvent[],
  ): Promise<{ templates: number; signIns: number }>;
}

/** Keyed digests of the frames by which visits were granted; the oldest are forgotten. */
export interface FrameStore {
  /** Those of `digests` that a granted visit had. */
  among(digests: readonly Uint8Array[]): Promise<Uint8Array[]>;
  /**
   * Keep the frames of a visit that is about to be granted.
   * @param most frames that are kept
   * @returns false, and nothing kept, when another visit was granted by one of them
   */
  claim(digests: readonly Uint8Array[], most?: number): Promise<boolean>;
}

/**
 * Detects that the store is an older copy of itself, which holds faces again that were erased since. Once evidence outside
 * of the store contradicts it, no face is recognised until an operator has decided.
 */
export interface Lineage {
  /** Compare with the head that lies with the key. */
  checkKept(): Promise<void>;
  /** Compare with a head that the server has of this device. One that this device did not sign says nothing. */
  checkAnchor(anchor: SignedAnchor): Promise<void>;
  /** Compare with erasure receipts: a face that one names must not be in the store. Receipts of other devices are ignored. */
  checkReceipts(texts: readonly string[]): Promise<void>;
  /** What has been seen; null: nothing. */
  pending(): Promise<SetBack | null>;
  /** @throws `store-set-back` until an operator has decided */
  require(): Promise<void>;
  /** All lives of its history that it knows: the present one, those that are over, and those that contradict it. */
  lives(): Promise<string[]>;
  /**
   * The store was restored from a backup by an operator: what is known of its former life is no contradiction.
   * @param seen lives that the backup cannot know, which are over too
   */
  beginLife(seen?: readonly string[]): Promise<void>;
  /** The signed head, for the server to keep; null while it is doubtful whether this is the newest store. */
  anchor(): Promise<SignedAnchor | null>;
  /** Keep the head of the log with the key, on the disk once everything up to there is; not while a decision is awaited. */
  keep(): Promise<void>;
}

/**
 * Looks after what is kept as a template and is none: of another length than its model makes, or not of unit length. No
 * intake lets one in; stores of earlier versions may hold some. No caller is handed any.
 */
export interface Soundness {
  /** Record how many numbers a template of a model has; the caller has the model loaded. */
  hold(account: string, modelId: string, length: number): Promise<void>;
  /** Those of some references whose row of a model is no template. */
  among(account: string, modelId: string, referenceIds: readonly number[]): Promise<UnsoundTemplate[]>;
  /** Look at every template of all accounts. @throws `store-corrupt` */
  inspect(): Promise<{ templates: number; unsound: UnsoundTemplate[] }>;
  /**
   * Remove every unsound template, and every reference without a template. The faces stay, to be enrolled again.
   * @returns how many
   */
  repair(): Promise<number>;
}
