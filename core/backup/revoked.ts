import { isDeepStrictEqual } from 'node:util';
import { AuditRecord, type AuditEntry, type BackupHeader, type KeptCard } from '#contract';
import { headOf } from '#core/audit';
import { CARD_KEY_ROW, CARD_LIST_ROW, CardList, isRevoked, withRoom } from '#core/cards';
import { Devices } from '#core/devices';
import { keptOperators, OPERATOR_ROWS, type KeptOperator } from '#core/operators';
import type { SqlStore } from '#core/store';

/** What a store that is replaced tells of what was revoked. */
export interface Revocations {
  /**
   * Whether it is the store that the backup was made of, at a later time. Only then what the backup has and it does not was
   * revoked: any other store may never have had it.
   */
  readonly isLater: boolean;
  /** Of each account the API keys that are in force, and the devices that are revoked. */
  readonly accounts: readonly {
    readonly accountId: string;
    readonly keyIds: readonly string[];
    readonly revokedDevices: readonly string[];
  }[];
  /** The secret that seals the cards; null before there was one. */
  readonly cardKey: Uint8Array | null;
  readonly cards: readonly KeptCard[];
  readonly operators: readonly KeptOperator[];
  /** The rows that hold them, by name. */
  readonly operatorRows: ReadonlyMap<string, Uint8Array | null>;
}

/** What was revoked again in a store that was made of a backup. */
export interface RevokedAgain {
  /** The ids of API keys, appliances and cards that were revoked since the backup, and of operators who have another PIN or role since, or none. */
  readonly revokedAgain: readonly string[];
  /** Whether that is all: false where nothing tells what else was revoked since, which works again. */
  readonly isAllRevoked: boolean;
  /** Who was taken over as operator from the store that is replaced, with that role: also who was added since. */
  readonly operatorsTaken: readonly Pick<KeptOperator, 'operatorId' | 'role'>[];
}

/** @param header of the backup that takes the place of the store */
export async function revocationsIn(store: SqlStore, header: BackupHeader): Promise<Revocations> {
  const accounts = await Array.fromAsync(await store.accounts.list(), async ({ accountId }) => {
    const keys = await store.accounts.keys(accountId);
    const devices = await store.devices.list(accountId);
    const revoked = devices.filter(({ revokedAt }) => revokedAt !== null);
    return {
      accountId,
      keyIds: keys.map(({ keyId }) => keyId),
      revokedDevices: revoked.map(({ deviceId }) => deviceId),
    };
  });
  const [cardKey, cards] = [await store.getSecret(CARD_KEY_ROW), await cardsOf(store)];
  const operators = await keptOperators(store);
  const operatorRows = new Map<string, Uint8Array | null>();
  for (const name of Object.values(OPERATOR_ROWS)) operatorRows.set(name, await store.getSecret(name));
  return { isLater: await isLater(store, header), accounts, cardKey, cards, operators, operatorRows };
}

/**
 * Revoke in a restored store what was revoked since its backup.
 * @param former of the store that is replaced; null: there was none
 * @throws LintelError `too-many-cards`
 */
export async function revokeAgain(store: SqlStore, former: Revocations | null): Promise<RevokedAgain> {
  const hasNothing =
    (await store.accounts.list()).length === 0 &&
    (await store.getSecret(CARD_KEY_ROW)) === null &&
    (await keptOperators(store)).length === 0;
  if (former === null) return { revokedAgain: [], isAllRevoked: hasNothing, operatorsTaken: [] };
  const revokedAgain = [
    ...(await revokeAccess(store, former)),
    ...(await revokeCards(store, former)),
    ...(await takeOperators(store, former)),
  ];
  const operatorsTaken = former.isLater
    ? former.operators.map(({ operatorId, role }) => ({ operatorId, role }))
    : [];
  return { revokedAgain, isAllRevoked: hasNothing || former.isLater, operatorsTaken };
}

/**
 * Whether a store goes on from where a backup was taken: the same device, whose log has the line that the backup ends with, or
 * begins behind it since the retention policy removed what was there.
 */
async function isLater(store: SqlStore, { publicKey, audit }: BackupHeader): Promise<boolean> {
  if ((await store.audit.publicKey()) !== publicKey) return false;
  for await (const line of store.audit.lines(audit.n - 1)) {
    const { n } = AuditRecord.parse(JSON.parse(line));
    return n > audit.n || headOf(n, line).hash === audit.hash;
  }
  return false;
}

async function revokeAccess(store: SqlStore, { isLater, accounts }: Revocations): Promise<string[]> {
  const devices = new Devices(store);
  const again: string[] = [];
  for (const { accountId, keyIds, revokedDevices } of accounts) {
    for (const { keyId } of await store.accounts.keys(accountId)) {
      if (!isLater || keyIds.includes(keyId)) continue;
      await store.accounts.removeApiKey(keyId);
      again.push(keyId);
    }
    for (const { deviceId, revokedAt } of await store.devices.list(accountId)) {
      if (revokedAt !== null || !revokedDevices.includes(deviceId)) continue;
      await devices.revoke(accountId, deviceId);
      again.push(deviceId);
    }
  }
  return again;
}

/**
 * The cards of a later store are taken over whole, with their key: a card that left the list while the key stayed is good, and
 * another key ended every card before it. Of any other store, only what it lists as revoked counts.
 */
async function revokeCards(store: SqlStore, former: Revocations): Promise<string[]> {
  const [key, cards] = [await store.getSecret(CARD_KEY_ROW), await cardsOf(store)];
  const revoked = former.cards.filter(isRevoked);
  const next = former.isLater ? former.cards : withRoom([...revoked, ...without(cards, revoked)]);
  await store.setSecret(CARD_LIST_ROW, next.length === 0 ? null : Buffer.from(JSON.stringify(next)));
  const again = idsOf(without(revoked, cards.filter(isRevoked)));
  for (const cardId of again) await store.audit.append({ kind: 'card-revoked', cardId });

  const { isLater, cardKey } = former;
  if (!isLater || cardKey === null || (key !== null && Buffer.compare(key, cardKey) === 0)) return again;
  await store.setSecret(CARD_KEY_ROW, cardKey, { kind: 'key-changed', what: 'card-key', stage: 'done' });
  return [...again, ...idsOf(without(cards, former.cards))];
}

/** The operators of a later store are taken over whole: who was removed stays so, and no former PIN or role counts. */
async function takeOperators(
  store: SqlStore,
  { isLater, operators, operatorRows }: Revocations,
): Promise<string[]> {
  if (!isLater) return [];
  const before = await keptOperators(store);
  for (const [name, row] of operatorRows) await store.setSecret(name, row);
  const again = new Set<string>();
  for (const { operatorId, role, pin } of before) {
    const now = operators.find((each) => each.operatorId === operatorId);
    const entries: AuditEntry[] = [];
    if (now === undefined) entries.push({ kind: 'operator-removed', operatorId });
    if (now && now.role !== role) entries.push({ kind: 'operator-role-set', operatorId, role: now.role });
    if (now && !isDeepStrictEqual(now.pin, pin)) entries.push({ kind: 'operator-pin-set', operatorId });
    for (const entry of entries) await store.audit.append(entry);
    if (entries.length > 0) again.add(operatorId);
  }
  for (const { operatorId, name, role } of operators) {
    if (before.some((each) => each.operatorId === operatorId)) continue;
    await store.audit.append({ kind: 'operator-added', operatorId, name, role });
  }
  return [...again];
}

const idsOf = (cards: readonly KeptCard[]): string[] => cards.map(({ cardId }) => cardId);

function without(cards: readonly KeptCard[], others: readonly KeptCard[]): KeptCard[] {
  const ids = new Set(idsOf(others));
  return cards.filter(({ cardId }) => !ids.has(cardId));
}

async function cardsOf(store: SqlStore): Promise<KeptCard[]> {
  const bytes = await store.getSecret(CARD_LIST_ROW);
  return bytes === null ? [] : CardList.parse(JSON.parse(Buffer.from(bytes).toString()));
}
