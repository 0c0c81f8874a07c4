import type { DevicePolicy, DeviceReport, ErrorCode, EventKind, Plan, Scope, SignedAnchor } from '#contract';

/** A tenant of the server. */
export interface Account {
  readonly accountId: string;
  readonly name: string;
  /** Null: without limits. */
  readonly plan: Plan | null;
  /** Whether clients may send descriptors instead of pictures. */
  readonly descriptors: boolean;
  readonly createdAt: string;
}

export interface NewApiKey {
  readonly keyId: string;
  readonly hash: Uint8Array;
  readonly scopes: readonly Scope[];
}

/** An API key as it is stored: the key itself is nowhere. */
export interface StoredApiKey {
  readonly keyId: string;
  readonly accountId: string;
  readonly hash: Buffer;
  readonly scopes: Scope[];
  readonly createdAt: string;
}

/** What an account called by one meter. */
export interface Usage {
  /** In the calendar month, UTC. */
  readonly monthlyCalls: number;
  readonly totalCalls: number;
  readonly failures: number;
  /** Of this month, in order; days without a call are left out. */
  readonly days: readonly { readonly day: string; readonly calls: number }[];
  /** The newest first. */
  readonly log: readonly {
    readonly call: string;
    readonly outcome: 'success' | ErrorCode;
    readonly at: string;
  }[];
}

/** An answer that was given, and what identifies the request it was given to. */
export interface Reply {
  readonly fingerprint: Uint8Array;
  readonly body: string;
}

/** An appliance as the server keeps it. */
export interface StoredDevice {
  readonly deviceId: string;
  readonly account: string;
  readonly name: string;
  readonly keyHash: Buffer;
  readonly publicKey: string;
  readonly policy: DevicePolicy;
  readonly pairedAt: string;
  readonly revokedAt: string | null;
  readonly cursor: number;
  readonly lastContact: string | null;
  readonly report: DeviceReport | null;
  readonly anchor: SignedAnchor | null;
}

/** A device that is about to join. */
export interface NewDevice {
  readonly deviceId: string;
  readonly name: string;
  readonly keyHash: Uint8Array;
  readonly publicKey: string;
}

/** What a pairing code lets an appliance join. */
export interface Invitation {
  readonly account: string;
  readonly name: string;
  readonly policy: DevicePolicy;
}

/** Of all accounts together. */
export interface DeviceTotals {
  readonly devices: number;
  /** Operations that wait at devices, and that were refused, as they last said. */
  readonly queue: number;
  readonly parked: number;
  /** When the device that was not in touch for longest was. */
  readonly oldestContact: string | null;
}

/** An address that wants to hear of an account's events. */
export interface Webhook {
  readonly webhookId: string;
  readonly url: string;
  readonly kinds: EventKind[];
  readonly isFailing: boolean;
  readonly createdAt: string;
}

/** An event on its way to one address. */
export interface Delivery {
  readonly id: number;
  readonly webhook: number;
  readonly url: string;
  readonly secret: string;
  readonly body: string;
  readonly attempts: number;
  readonly due: number;
}
