import { LintelError, type AccessPolicy, type AccessSource } from '#contract';
import type { SqlStore } from '#core/store';
import { accessOfServer } from '../sync/index.ts';

/** Rules that count, and who set them. */
export interface AccessInForce {
  /** Null: none were set. */
  readonly policy: AccessPolicy | null;
  readonly source: Exclude<AccessSource, 'unreadable'>;
}

/**
 * The access rules that count at this moment: those of the server's signed policy where it has some, else the appliance's own.
 * @throws LintelError `access-unreadable` where this version, or this machine, cannot read them
 */
export async function accessInForce(store: Pick<SqlStore, 'door' | 'getSecret'>): Promise<AccessInForce> {
  const { source, rules } = await accessOfServer(store);
  const policy = source === 'own' ? await store.door.policy() : rules;
  if (source === 'unreadable' || policy === 'unreadable') throw new LintelError('access-unreadable');
  return { policy, source };
}

/** @throws LintelError `access-of-server` where the appliance's own rules do not count */
export async function requireOwnAccess(store: Pick<SqlStore, 'getSecret'>): Promise<void> {
  if ((await accessOfServer(store)).source !== 'own') throw new LintelError('access-of-server');
}
