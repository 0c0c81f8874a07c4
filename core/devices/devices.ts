import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  DEFAULT_POLICY,
  LintelError,
  MAX_POLICY_LENGTH,
  type DevicePolicy,
  type DeviceStatus,
  type IssuedPolicy,
  type Paired,
  type Pairing,
  type SignedPolicy,
} from '#contract';
import type { Store, StoredDevice } from '#core/store';

/** Without letters and digits that look alike: 32 of them, 5 bits each. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

/** 50 bits: at ten guesses a second for a quarter of an hour, one in 10^11. */
const CODE_LENGTH = 10;

const CODE_MS = 15 * 60_000;

const SECRET_BYTES = 32;

/** A server's appliances: how they join, who they are, what they are to do. */
export class Devices {
  readonly #store: Store;
  readonly #uptime: () => number | Promise<number>;

  /** @param uptime by default the store's */
  constructor(store: Store, uptime: () => number | Promise<number> = () => store.devices.uptime()) {
    this.#store = store;
    this.#uptime = uptime;
  }

  /**
   * A code with which one device may join an account within 15 minutes. It expires by the wall clock
   * and by the uptime of the machine, whichever comes first; a restart of the machine ends it. With a database, its clock counts.
   * @param name the device's; as it calls itself when empty
   */
  async invite(
    account: string,
    { name = '', policy = {} }: { name?: string; policy?: Partial<Omit<DevicePolicy, 'version'>> } = {},
  ): Promise<{ code: string; expiresAt: Date }> {
    const code = Array.from(randomBytes(CODE_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
    const expiresAt = new Date(Date.now() + CODE_MS);
    const invitation = { account, name, policy: { ...DEFAULT_POLICY, ...policy } };
    requireReadable(invitation.policy);
    await this.#store.devices.invite(codeHash(code), invitation, expiresAt, await this.#uptime());
    return { code: `${code.slice(0, 5)}-${code.slice(5)}`, expiresAt };
  }

  /** @throws `pairing-code-invalid` */
  async pair({ code, name, publicKey }: Pairing): Promise<Paired> {
    const deviceId = `dev_${randomBytes(16).toString('hex')}`;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const device = { deviceId, name, keyHash: keyHash(secret), publicKey };
    const now = await this.#uptime();
    const uptime = { oldest: now - CODE_MS / 1000, now };
    const { account, policy } = await this.#store.devices.join(codeHash(code), device, uptime);
    return {
      deviceId,
      deviceKey: `${deviceId}.${secret}`,
      templateSecret: Buffer.from(await this.templateSecret(account)).toString('base64'),
      serverKey: await this.#store.audit.publicKey(),
      policy: await this.sign({ deviceId, policy, revokedAt: null }),
    };
  }

  /** Whose key this is, revoked or not, or null. */
  async authenticate(deviceKey: string): Promise<StoredDevice | null> {
    const [deviceId = '', secret = ''] = deviceKey.split('.');
    const device = await this.#store.devices.find(deviceId);
    return device !== null && timingSafeEqual(device.keyHash, keyHash(secret)) ? device : null;
  }

  /** 32 bytes by which the templates of an account are rotated on their way, made when first asked for. */
  async templateSecret(account: string): Promise<Uint8Array> {
    return await this.#store.sharedSecret(`sync.templates/${account}`);
  }

  /** A device's policy as it takes it. */
  async sign({
    deviceId,
    policy,
    revokedAt,
    anchor = null,
  }: Pick<StoredDevice, 'deviceId' | 'policy' | 'revokedAt'> &
    Partial<Pick<StoredDevice, 'anchor'>>): Promise<SignedPolicy> {
    const issued: IssuedPolicy = { ...policy, deviceId, revoked: revokedAt !== null, anchor };
    const text = JSON.stringify(issued);
    return { policy: text, signature: await this.#store.audit.sign('device-policy', text) };
  }

  list(account: string): Promise<DeviceStatus[]> {
    return this.#store.devices.list(account);
  }

  /** Takes effect at the device's next contact. @throws `device-not-found`, `usage` for one that is too long */
  async setPolicy(
    account: string,
    deviceId: string,
    policy: Omit<DevicePolicy, 'version'>,
  ): Promise<DevicePolicy> {
    requireReadable(policy);
    return await this.#store.devices.setPolicy(account, deviceId, policy);
  }

  /** @throws `device-not-found` */
  async revoke(account: string, deviceId: string): Promise<void> {
    await this.#store.devices.revoke(account, deviceId);
  }
}

/** Of a signed policy, besides what is set: who it is for, its version, and an anchor. */
const BESIDE_LENGTH = 2000;

/** @throws `usage` for a policy that no appliance would read */
function requireReadable(policy: Omit<DevicePolicy, 'version'>): void {
  if (JSON.stringify(policy).length + BESIDE_LENGTH <= MAX_POLICY_LENGTH) return;
  throw new LintelError('usage', 'The policy is too long: name fewer collections, or write shorter rules.');
}

/** However it was typed. */
const codeHash = (code: string): Buffer =>
  createHash('sha256')
    .update(code.toUpperCase().replaceAll(/[^A-Z0-9]/g, ''))
    .digest();

const keyHash = (secret: string): Buffer => createHash('sha256').update(secret).digest();
