import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  AccessPolicy,
  DevicePolicy,
  IssuedPolicy,
  LintelError,
  Paired,
  PublicKey,
  type AccessSource,
  type AssuranceLevel,
  type SignedAnchor,
  type SignedPolicy,
} from '#contract';
import { openSigned } from '#core/audit';
import type { SqlStore, Store } from '#core/store';
import { Replica } from '#core/sync';
import { requireNoFake } from '../camera/index.ts';
import { changeRow, readRow, writeRow } from '../secrets/index.ts';
import { discover } from './discover.ts';
import { greet, pair, type ServerAddress } from './http-transport.ts';
import { clearRunState } from './run-state.ts';
import { requireSecure } from './secure-origin.ts';

/** The store's secret that says which server this appliance belongs to. */
const SECRET = 'sync.server';

/** Whether plain http was permitted. Versions that did not ask for permission warned the operator, so the default is true. */
const AllowHttp = z.boolean().default(true);

/** What an appliance knows of the server it has joined. */
const FeedMembership = z.object({
  mode: z.literal('feed'),
  origin: z.url(),
  deviceId: Paired.shape.deviceId,
  deviceKey: z.string(),
  templateSecret: z.base64(),
  serverKey: PublicKey,
  policy: DevicePolicy,
  revoked: z.boolean(),
  allowHttp: AllowHttp,
});
export type FeedMembership = z.infer<typeof FeedMembership>;

/** At a server that speaks the Realeyes API and nothing else. */
const RealeyesMembership = z.object({
  /** A data folder of an earlier version says `documented`. */
  mode: z.enum(['realeyes', 'documented']).transform(() => 'realeyes' as const),
  origin: z.url(),
  apiKey: z.string(),
  allowHttp: AllowHttp,
});

const Membership = z.discriminatedUnion('mode', [FeedMembership, RealeyesMembership]);
export type Membership = z.infer<typeof Membership>;

/** Null before the appliance has joined a server. */
export async function membershipOf(store: Pick<Store, 'getSecret'>): Promise<Membership | null> {
  return await readRow(store, SECRET, Membership);
}

/** Whether the server takes enrolments and changes from this appliance. True where no policy says otherwise. */
export async function mayEnrol(store: Store): Promise<boolean> {
  const membership = await membershipOf(store);
  return membership?.mode !== 'feed' || membership.policy.mayEnrol;
}

/** The least that visitors have to prove by the server's policy; where no policy says otherwise, nothing. */
export async function leastAssurance(store: Store): Promise<AssuranceLevel> {
  const membership = await membershipOf(store);
  return membership?.mode === 'feed' ? membership.policy.leastAssurance : 'presence';
}

/** Whose access rules count, and the server's; `rules` is null where it has none, or none that can be read. */
export interface AccessOfServer {
  readonly source: AccessSource;
  readonly rules: AccessPolicy | null;
}

/** The access rules that the server has signed for this appliance. */
export async function accessOfServer(store: Pick<Store, 'getSecret'>): Promise<AccessOfServer> {
  return accessOf(await membershipOf(store));
}

export function accessOf(membership: Membership | null): AccessOfServer {
  const signed = signedAccess(membership);
  if (signed === null) return { source: 'own', rules: null };
  const rules = AccessPolicy.safeParse(signed).data ?? null;
  return { source: rules === null ? 'unreadable' : 'server', rules };
}

const signedAccess = (membership: Membership | null): unknown =>
  membership?.mode === 'feed' ? membership.policy.access : null;

/**
 * Join a server with a pairing code, and leave the former one. The next exchange sends it every face that is enrolled here.
 * @param name by which the server's operators know this appliance
 * @param allowHttp whether plain http to another machine is permitted
 * @throws LintelError `server-insecure`, `fake-camera-refused`, `pairing-code-invalid`, `server-unreachable`, `server-unsuitable`
 */
export async function joinServer(
  store: SqlStore,
  address: ServerAddress,
  code: string,
  name: string,
  allowHttp = false,
): Promise<FeedMembership> {
  requireSecure(address.origin, allowHttp);
  await requireNoFake(store);
  if ((await greet(address)) === null) throw new LintelError('server-unsuitable');
  const { policy: signed, ...paired } = await pair(address, {
    code,
    name,
    publicKey: await store.audit.publicKey(),
  });
  const { policy } = openPolicy(signed, paired);
  const { origin } = address;
  const membership: FeedMembership = { mode: 'feed', origin, ...paired, policy, revoked: false, allowHttp };
  await begin(store, membership);
  return membership;
}

/**
 * Join a server by the Realeyes API, and leave the former one. The next exchange sends it every face that is enrolled here.
 * @throws LintelError `server-insecure`, `fake-camera-refused`, `server-unsuitable`, `unauthenticated`, `forbidden`, `server-unreachable`; `usage` for a server of
 *   ours, which takes a pairing code
 */
export async function joinRealeyes(
  store: SqlStore,
  address: ServerAddress,
  apiKey: string,
  allowHttp = false,
): Promise<void> {
  requireSecure(address.origin, allowHttp);
  await requireNoFake(store);
  const { mode } = await discover(address, apiKey);
  if (mode === 'feed') {
    throw new LintelError('usage', 'This is a Lintel server: join it by a pairing code, not by an API key.');
  }
  await begin(store, { mode, origin: address.origin, apiKey, allowHttp });
}

/** Forget the server. What is enrolled here stays, and the server's access rules are the appliance's own from now on. */
export async function forgetMembership(store: SqlStore): Promise<void> {
  await endMembership(store);
  await clearRunState(store);
  await new Replica(store).leave();
}

export const isRevoked = (membership: Membership): boolean =>
  membership.mode === 'feed' && membership.revoked;

/**
 * Take over a policy if it is newer. Revocation is final. If the policy says so, it also removes every face that the
 * server has.
 * @returns whether there was a newer one to follow
 * @throws LintelError `server-unreachable` for one that the server did not sign for this appliance
 */
export async function takePolicy(
  store: SqlStore,
  membership: FeedMembership,
  signed: SignedPolicy,
): Promise<boolean> {
  const { policy, revoked } = openPolicy(signed, membership);
  // Another process may have left meanwhile, perhaps for another server, or may have taken over a newer one.
  const isNews = (known: Membership | null): known is FeedMembership =>
    isMembershipOf(known, membership) &&
    (policy.version > known.policy.version || (revoked && !known.revoked));
  const present = await membershipOf(store);
  if (!isNews(present)) return false;
  const replica = new Replica(store);
  if (revoked && policy.sealOnRevocation) {
    await replica.evictAll();
    await store.scrub();
  }
  if (policy.sendImages && !present.policy.sendImages) await replica.queueImages();
  // What happened while the server was to hear nothing stays here.
  if (present.policy.events === 'none') await replica.events.withhold();
  // Noted last: after a crash before it, the policy is asked for, and all this done, again. That took its time: it may be no
  // news any more.
  const { version, collections } = policy;
  const access = accessOf({ ...present, policy }).source;
  const entry = { kind: 'policy-followed', version, collections, revoked, access } as const;
  const follow = (known: Membership | null): Membership | null =>
    isNews(known) ? { ...known, policy, revoked } : known;
  await changeRow(store, SECRET, Membership, follow, entry);
  return true;
}

/** Whether the appliance is still what it was at that server. */
export const isMembershipOf = (
  known: Membership | null,
  { deviceId }: Pick<FeedMembership, 'deviceId'>,
): known is FeedMembership => known?.mode === 'feed' && known.deviceId === deviceId;

/**
 * Whether the appliance has left that server meanwhile, or was paired again: what comes of an exchange with it says nothing
 * of the next one.
 */
export async function hasLeft(store: Pick<Store, 'getSecret'>, former: Membership): Promise<boolean> {
  const known = await membershipOf(store);
  if (former.mode === 'feed') return !isMembershipOf(known, former);
  return known?.mode !== former.mode || known.origin !== former.origin || known.apiKey !== former.apiKey;
}

/** The last head of this store's audit log that the server has. @throws as {@link takePolicy} */
export function anchorOf(membership: FeedMembership, signed: SignedPolicy): SignedAnchor | null {
  return openPolicy(signed, membership).anchor;
}

/** The appliance belongs to no server any more, and the access rules that the server signed are its own. */
async function endMembership(store: SqlStore): Promise<void> {
  // Again where another process follows a newer policy, or joins another server, in between.
  for (let present = await membershipOf(store); present !== null;) {
    const former = present;
    const signed = signedAccess(former);
    // First: after a crash they count, and nobody passes whom they keep out.
    if (signed !== null) await store.door.keepPolicy(signed);
    const end = (kept: Membership | null): Membership | null =>
      isDeepStrictEqual(kept, former) ? null : kept;
    const entry = { kind: 'server-left', origin: former.origin } as const;
    present = await changeRow(store, SECRET, Membership, end, entry);
  }
}

/** The membership last: after a crash before it, the appliance belongs to no server, and can join again. */
async function begin(store: SqlStore, membership: Membership): Promise<void> {
  await endMembership(store);
  await new Replica(store).join();
  await clearRunState(store);
  await writeRow(store, SECRET, membership, { kind: 'server-joined', origin: membership.origin });
}

function openPolicy(
  signed: SignedPolicy,
  device: Pick<FeedMembership, 'serverKey' | 'deviceId'>,
): { policy: DevicePolicy; revoked: boolean; anchor: SignedAnchor | null } {
  const issued = openSigned(IssuedPolicy, device.serverKey, 'device-policy', signed.policy, signed.signature);
  if (issued?.deviceId !== device.deviceId) {
    throw new LintelError('server-unreachable', '(It did not sign its instructions.)');
  }
  const { deviceId: _, revoked, anchor = null, ...policy } = issued;
  return { policy, revoked, anchor };
}
