import { writeFile } from 'node:fs/promises';
import { LintelError, oneLine, type ErasureReceipt } from '#contract';
import { Accounts } from '#core/accounts';
import { verifyReceipt } from '#core/audit';
import { LOCAL_ACCOUNT, type ErasureReason, type SqlStore } from '#core/store';
import { keepReceipt, readReceipt, receiptText } from '../receipts/index.ts';
import { membershipOf } from '../sync/index.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';

interface OfAccount {
  /** Id or name of an account of a server; by default the people of this appliance. */
  readonly account?: string;
}

interface Erasing extends InStore, OfAccount {
  readonly collection?: string;
  readonly face?: string;
  readonly key?: string;
  readonly out?: string;
}

/**
 * Erase a face, or every face under an external key of one collection, without a trace. Who is gone already counts as erased
 * where they are named by their face: no key outlasts its face.
 */
export const erasePerson = (options: Erasing): Promise<Answer> => erase(options);

/** The same of a person who takes consent back, which the audit log then says. */
export const withdrawConsent = (options: Erasing): Promise<Answer> => erase(options, 'consent-withdrawn');

async function erase(options: Erasing, reason?: ErasureReason): Promise<Answer> {
  const { face, key, collection } = options;
  if ((face === undefined) === (key === undefined)) {
    throw new LintelError('usage', 'Name a face (--face) or an external key (--key).');
  }
  return await withStore(options, async (store) => {
    const account = await accountIn(store, options);
    const who =
      face === undefined
        ? { externalKey: key!, collectionId: collection ?? (await collectionOfKey(store, account, key!)) }
        : { faceId: face, collectionId: collection };
    try {
      return await kept(store, options, await store.erase(account, who, reason), { key });
    } catch (error) {
      const isUnknown = error instanceof LintelError && error.code === 'face-not-found';
      if (!isUnknown || face === undefined) throw error;
      // It may have been deleted only: this cleans the file, too.
      const receipt = await store.receipt(account, face);
      if (collection !== undefined && receipt.faces[0]?.collectionId !== collection) throw error;
      return await kept(store, options, receipt, { wasGone: true });
    }
  });
}

/**
 * The collection in which a key is given: in another it may be another person's.
 * @throws LintelError `usage` where several have it, `face-not-found` where none has
 */
async function collectionOfKey(store: SqlStore, account: string, key: string): Promise<string> {
  const having: string[] = [];
  for (const { collectionId } of await store.listCollections(account)) {
    const faceIds = await store.faceIdsByExternalKey(account, collectionId, key);
    if (faceIds.length > 0) having.push(collectionId);
  }
  const [collection, ...others] = having;
  if (collection === undefined) throw new LintelError('face-not-found', '(Nobody has this key.)');
  if (others.length === 0) return collection;
  throw new LintelError(
    'usage',
    `Several collections have this key: ${having.join(', ')}. Nobody was erased. Name one with --collection.`,
  );
}

/** The receipt of a face that was deleted earlier. */
export async function reissueReceipt(
  options: InStore & OfAccount & { face: string; out?: string },
): Promise<Answer> {
  return await withStore(options, async (store) =>
    kept(store, options, await store.receipt(await accountIn(store, options), options.face), {
      wasGone: true,
    }),
  );
}

/** @throws LintelError `account-not-found` */
const accountIn = async (store: SqlStore, { account }: OfAccount): Promise<string> =>
  account === undefined ? LOCAL_ACCOUNT : (await new Accounts(store).find(account)).accountId;

/** @param options publicKey: of the device, by default the one of this store @throws LintelError `receipt-invalid` */
export async function checkReceipt(file: string, options: InStore & { publicKey?: string }): Promise<Answer> {
  const publicKey = options.publicKey ?? (await withStore(options, ({ audit }) => audit.publicKey()));
  const text = await readReceipt(file);
  const receipt = verifyReceipt(text, publicKey);
  const { faces, at, by } = receipt;
  return {
    json: { faces, at, by, ...endOfKeys(receipt) },
    text: `Genuine: ${faces.length} face(s) erased at ${at} by ${by}.${told(receipt)}`,
  };
}

const endOfKeys = (receipt: ErasureReceipt) =>
  receipt.receipt === 'lintel-erasure-2' ? { keysDestroyedAt: receipt.keysDestroyedAt } : {};

function told(receipt: ErasureReceipt): string {
  const { keysDestroyedAt } = endOfKeys(receipt);
  if (keysDestroyedAt === undefined) return '';
  return keysDestroyedAt === null
    ? '\nPending: keys that open what the database keeps of them are not destroyed yet. "lintel receipt reissue" has the final receipt then.'
    : `\nFinal: the last key that could open what the database keeps of them was destroyed at ${keysDestroyedAt}.`;
}

/** @param about key: under which the faces were, where they were named by it; wasGone: they were gone before */
async function kept(
  store: SqlStore,
  { data, out }: InStore & { out?: string },
  receipt: ErasureReceipt,
  { key, wasGone = false }: { readonly key?: string | undefined; readonly wasGone?: boolean },
): Promise<Answer> {
  const file = await keepReceipt(data, receipt);
  if (out !== undefined) {
    await writeFile(out, receiptText(receipt), { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
      throw new LintelError('usage', `${out} cannot be written. The receipt is ${file}.`, { cause: error });
    });
  }
  const elsewhere =
    (await membershipOf(store)) === null
      ? ''
      : '\nThe server is told next; it and other devices follow when they hear of it.';
  const ofKey = key === undefined ? '' : ` (key ${oneLine(key)})`;
  const lines = receipt.faces.map(({ faceId, collectionId }) =>
    wasGone
      ? `${faceId} of the collection ${collectionId} was gone already, since ${receipt.at}.`
      : `Erased ${faceId}${ofKey} of the collection ${collectionId}.`,
  );
  if (!wasGone) lines.push(`${receipt.faces.length} face(s) erased here.`);
  return {
    json: { receipt, file, wasGone },
    text: `${lines.join('\n')} Receipt: ${file}${told(receipt)}${elsewhere}`,
  };
}
