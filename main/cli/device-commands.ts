import {
  AccessPolicy,
  AssuranceLevel,
  CollectionId,
  LintelError,
  oneLine,
  type DevicePolicy,
  type DeviceStatus,
} from '#contract';
import { Accounts } from '#core/accounts';
import { Devices } from '#core/devices';
import type { Store, StoredDevice } from '#core/store';
import type { Answer } from './commands.ts';
import { readDocument } from './documents.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

/** Commands for the appliances of a server; they may run while it does. */

/** What an administrator may say about a device; what is left out stays. */
export interface PolicyOptions {
  readonly collections?: string;
  readonly allCollections?: boolean;
  readonly images?: boolean;
  readonly enrol?: boolean;
  readonly delete?: boolean;
  readonly sealOnRevocation?: boolean;
  readonly confirmRemovals?: boolean;
  readonly leastAssurance?: string;
  readonly events?: DevicePolicy['events'];
  /** A file with access rules. */
  readonly access?: string;
  readonly ownAccess?: boolean;
  readonly poll?: number;
}

export async function inviteDevice(
  options: InStore & PolicyOptions & { account: string; name?: string },
): Promise<Answer> {
  const policy = await policyFrom(options);
  return await withStore(options, async (store) => {
    const { accountId } = await new Accounts(store).find(options.account);
    const invitation = { policy, ...(options.name !== undefined && { name: options.name }) };
    const { code, expiresAt } = await new Devices(store).invite(accountId, invitation);
    const until = expiresAt.toISOString();
    return {
      json: { code, expiresAt: until, account: accountId },
      text: `Pairing code: ${code}\nFor one device, until ${until}.`,
    };
  });
}

export async function listDevices(options: InStore & { account?: string }): Promise<Answer> {
  return await withStore(options, async (store) => {
    const accounts = new Accounts(store);
    const chosen =
      options.account === undefined ? await accounts.list() : [await accounts.find(options.account)];
    const devices = new Devices(store);
    const found = await Promise.all(
      chosen.map(async ({ accountId }) =>
        (await devices.list(accountId)).map((device) => ({ account: accountId, ...device })),
      ),
    );
    return {
      json: { devices: found.flat() },
      text: found.flat().map(described).join('\n') || 'There are no devices.',
    };
  });
}

/** Changes a device's policy. Without any change, it shows the policy. */
export async function devicePolicy(deviceId: string, options: InStore & PolicyOptions): Promise<Answer> {
  const changed = await policyFrom(options);
  return await withStore(options, async (store) => {
    const { account, policy } = await deviceOf(store, deviceId);
    const isChanged = Object.keys(changed).length > 0;
    const next = isChanged
      ? await new Devices(store).setPolicy(account, deviceId, { ...policy, ...changed })
      : policy;
    return { json: { deviceId, policy: next }, text: policyText(next) };
  });
}

export async function revokeDevice(deviceId: string, options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const { account } = await deviceOf(store, deviceId);
    await new Devices(store).revoke(account, deviceId);
    return { json: { deviceId, revoked: true }, text: `Revoked ${deviceId}.` };
  });
}

/** The heads of its audit log that a device reported, to check its log against. */
export async function deviceAnchors(deviceId: string, options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const { publicKey } = await deviceOf(store, deviceId);
    const anchors = await store.devices.anchors(deviceId);
    return {
      json: { deviceId, publicKey, anchors },
      text: [
        `Public key: ${publicKey}`,
        table(
          ['Line', 'At', 'Head'],
          anchors.map(({ n, hash, at }) => [n, at, hash]),
          'It told no heads yet.',
        ),
      ].join('\n'),
    };
  });
}

/** @throws LintelError `collection-id-invalid`, `usage` */
async function policyFrom(options: PolicyOptions): Promise<Partial<Omit<DevicePolicy, 'version'>>> {
  const { collections, allCollections, images, sealOnRevocation, confirmRemovals, events, poll } = options;
  const { access, ownAccess } = options;
  const least = AssuranceLevel.optional().safeParse(options.leastAssurance);
  if (!least.success) {
    throw new LintelError('usage', `The levels of assurance are ${AssuranceLevel.options.join(', ')}.`);
  }
  const { enrol: mayEnrol, delete: mayDelete } = options;
  if (collections !== undefined && allCollections === true) {
    throw new LintelError('usage', 'Name collections or all of them, not both.');
  }
  if (access !== undefined && ownAccess === true) {
    throw new LintelError('usage', 'Name rules or let its own count, not both.');
  }
  const ids = CollectionId.array().min(1).safeParse(collections?.split(','));
  if (collections !== undefined && !ids.success) throw new LintelError('collection-id-invalid');
  return {
    ...(ids.success && { collections: ids.data }),
    ...(allCollections === true && { collections: null }),
    ...(images !== undefined && { sendImages: images }),
    ...(mayEnrol !== undefined && { mayEnrol }),
    ...(mayDelete !== undefined && { mayDelete }),
    ...(sealOnRevocation !== undefined && { sealOnRevocation }),
    ...(confirmRemovals !== undefined && { confirmRemovals }),
    ...(least.data !== undefined && { leastAssurance: least.data }),
    ...(events !== undefined && { events }),
    ...(access !== undefined && { access: await readDocument(access, AccessPolicy) }),
    ...(ownAccess === true && { access: null }),
    ...(poll !== undefined && { pollSeconds: poll }),
  };
}

/** @throws LintelError `device-not-found` */
async function deviceOf(store: Store, deviceId: string): Promise<StoredDevice> {
  const device = await store.devices.find(deviceId);
  if (device === null) throw new LintelError('device-not-found');
  return device;
}

function described(device: DeviceStatus): string {
  const { deviceId, name, revokedAt, lastContact, report, behind, unconfirmedDeletions, policy } = device;
  // Earlier appliances do not report it.
  const isFollowed = (report?.policy ?? policy.version) >= policy.version;
  const contact =
    report === null || lastContact === null
      ? ['  not in touch yet']
      : [
          `  last contact ${lastContact}, its clock then ${report.clock}, version ${report.version}`,
          `  faces ${report.faces}, queue ${report.queue}, parked ${report.parked}`,
          ...((report.held ?? 0) > 0
            ? [
                `  ${report.held} of them wait for its operator to remove them: lintel sync confirm-removals there`,
              ]
            : []),
        ];
  return [
    `${deviceId}, ${oneLine(name)}${revokedAt === null ? '' : `, revoked ${revokedAt}`}`,
    ...contact,
    `  changes it has not confirmed: ${behind}, of them deletions: ${unconfirmedDeletions}`,
    `  ${policyText(policy)}${isFollowed ? '' : '; not followed yet'}`,
  ].join('\n');
}

const TELLING: Readonly<Record<DevicePolicy['events'], string>> = {
  none: 'tells no events',
  'without-people': 'tells events, but not who it was',
  'with-people': 'tells events, and who it was',
};

function policyText(policy: DevicePolicy): string {
  const { collections, mayEnrol, mayDelete, sendImages, sealOnRevocation, confirmRemovals } = policy;
  return [
    `policy: ${collections === null ? 'all collections' : collections.join(', ')}`,
    mayEnrol ? 'enrols' : 'enrols for nobody else',
    mayDelete ? 'deletes' : 'deletes for nobody else',
    sendImages ? 'sends pictures' : 'sends no pictures',
    sealOnRevocation ? 'removes its people when revoked' : 'keeps its people when revoked',
    confirmRemovals ? 'removes many without asking' : 'asks before it removes many',
    `visitors prove at least: ${policy.leastAssurance}`,
    TELLING[policy.events],
    policy.access === null ? 'goes by its own access rules' : 'goes by access rules from here',
    `looks every ${policy.pollSeconds} s`,
  ].join('; ');
}
