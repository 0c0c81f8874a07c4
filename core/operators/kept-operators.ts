import { z } from 'zod';
import { FIRST_OPERATOR, ListedOperator, MAX_OPERATORS } from '#contract';
import type { Store } from '#core/store';

/** The store's secrets that hold the operators of an appliance: the list, the PIN of versions that knew one operator, and the set-up code. */
export const OPERATOR_ROWS = {
  list: 'operators',
  onePin: 'operator.pin',
  setupCode: 'operator.setup-code',
} as const;

/** The cost travels with the hash, so that raising it later leaves old hashes valid. */
export const PinHash = z.strictObject({
  N: z.int().positive(),
  r: z.int().positive(),
  p: z.int().positive(),
  salt: z.base64(),
  hash: z.base64(),
});
export type PinHash = z.infer<typeof PinHash>;

/** An operator as the encrypted store keeps them. Without a PIN nobody signs in as them. */
export const KeptOperator = ListedOperator.extend({ pin: PinHash.nullable() });
export type KeptOperator = z.infer<typeof KeptOperator>;

/** In order of their making, an administrator first. */
export const OperatorRows = z.array(KeptOperator).max(MAX_OPERATORS);

/** The operators of a store, also of one that a version wrote which knew one operator, the administrator. */
export async function keptOperators(store: Pick<Store, 'getSecret'>): Promise<KeptOperator[]> {
  const list = await store.getSecret(OPERATOR_ROWS.list);
  return list === null ? await operatorOfOnePin(store) : OperatorRows.parse(parsed(list));
}

/** Of a version that knew one operator: who has its PIN, or nobody. */
export async function operatorOfOnePin(store: Pick<Store, 'getSecret'>): Promise<KeptOperator[]> {
  const pin = await store.getSecret(OPERATOR_ROWS.onePin);
  return pin === null ? [] : [{ ...FIRST_OPERATOR, role: 'administrator', pin: PinHash.parse(parsed(pin)) }];
}

const parsed = (row: Uint8Array): unknown => JSON.parse(Buffer.from(row).toString());
