import { randomBytes } from 'node:crypto';
import {
  FIRST_OPERATOR,
  LintelError,
  MAX_OPERATORS,
  type AuditEntry,
  type ListedOperator,
  type OperatorRole,
} from '#contract';
import {
  keptOperators,
  OPERATOR_ROWS,
  operatorOfOnePin,
  OperatorRows,
  type KeptOperator,
  type PinHash,
} from '#core/operators';
import { changeRow, readRow, writeRow, type Rows } from '../secrets/index.ts';

/** The operators of an appliance; in order of their making, an administrator first. */
export class OperatorList {
  readonly #store: Rows;

  constructor(store: Rows) {
    this.#store = store;
  }

  read(): Promise<KeptOperator[]> {
    return keptOperators(this.#store);
  }

  /**
   * Put another list in place of the present one, alone in the store.
   * @param change of the present list to the next, or throws; the same list writes nothing
   * @param entry what the audit log says of it
   */
  async change(
    change: (present: readonly KeptOperator[]) => readonly KeptOperator[],
    entry?: AuditEntry,
  ): Promise<void> {
    const former = await operatorOfOnePin(this.#store);
    await changeRow<KeptOperator[]>(
      this.#store,
      OPERATOR_ROWS.list,
      OperatorRows,
      (row) => {
        const present = row ?? former;
        const next = change(present);
        // A list that was not written yet is, as soon as it is changed.
        return next === present ? row : [...next];
      },
      entry,
    );
    if (former.length > 0 && (await readRow(this.#store, OPERATOR_ROWS.list, OperatorRows)) !== null) {
      await writeRow(this.#store, OPERATOR_ROWS.onePin, null);
    }
  }
}

/** The administrator whose PIN the set-up code and the console set. */
export const firstAdministrator = (list: readonly KeptOperator[]): KeptOperator =>
  list.find(({ role }) => role === 'administrator') ?? {
    ...FIRST_OPERATOR,
    role: 'administrator',
    pin: null,
  };

/** The same list with an operator in place of who has this id, or added. */
export const withOperator = (list: readonly KeptOperator[], changed: KeptOperator): KeptOperator[] =>
  list.some(({ operatorId }) => operatorId === changed.operatorId)
    ? list.map((each) => (each.operatorId === changed.operatorId ? changed : each))
    : [...list, changed];

/** @throws LintelError `operator-not-found` */
export function operatorIn(list: readonly KeptOperator[], operatorId: string): KeptOperator {
  const found = list.find((each) => each.operatorId === operatorId);
  if (found === undefined) throw new LintelError('operator-not-found');
  return found;
}

/** Whether somebody could administer who can sign in. */
export const hasAdministrator = (list: readonly KeptOperator[]): boolean =>
  list.some(({ role, pin }) => role === 'administrator' && pin !== null);

/** @throws LintelError `last-administrator` for a list in which nobody could administer */
export function requireAdministrator(list: readonly KeptOperator[]): void {
  if (!hasAdministrator(list)) throw new LintelError('last-administrator');
}

/** @throws LintelError `operator-exists`, `too-many-operators` */
export function requirePlace(list: readonly KeptOperator[], name: string): void {
  if (list.some((each) => folded(each.name) === folded(name))) throw new LintelError('operator-exists');
  if (list.length >= MAX_OPERATORS) throw new LintelError('too-many-operators');
}

const folded = (name: string): string => name.normalize('NFKC').toLowerCase();

/** @param pin a hash */
export function newOperator(name: string, role: OperatorRole, pin: PinHash): KeptOperator {
  const readable = name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  // Another operator of the same name, later, is another actor in the audit log.
  const operatorId = `${readable || 'operator'}-${randomBytes(4).toString('hex')}`;
  return { operatorId, name, role, pin };
}

export const listed = ({ operatorId, name, role }: KeptOperator): ListedOperator => ({
  operatorId,
  name,
  role,
});
