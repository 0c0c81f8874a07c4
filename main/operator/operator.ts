import {
  LintelError,
  problemOfPin,
  type AuditEntry,
  type ListedOperator,
  type OperatorRole,
} from '#contract';
import { OPERATOR_ROWS, type KeptOperator, type PinHash } from '#core/operators';
import { Turns } from '#core/serial';
import { createLockout, type Lockout } from '../lockout/index.ts';
import { changeRow, readRow, writeRow, type Rows } from '../secrets/index.ts';
import {
  firstAdministrator,
  hasAdministrator,
  listed,
  newOperator,
  operatorIn,
  OperatorList,
  requireAdministrator,
  requirePlace,
  withOperator,
} from './operator-list.ts';
import { hashPin, PIN_COST, verifyPin, type PinCost } from './pin-hash.ts';
import { isSetupCode, makeSetupCode, SetupCodeHash } from './setup-code.ts';

const DIGITS = /^[0-9]{6,12}$/;
const SETUP_CODE_ROW = [OPERATOR_ROWS.setupCode, SetupCodeHash] as const;
const LOCKOUT_ROW = 'operator.lockout';

/** What permits to set a PIN: while no administrator has one the set-up code, afterwards the current PIN. */
export interface PinPermit {
  /** Whose PIN; may be left out where there is one operator. */
  readonly operatorId?: string | undefined;
  readonly currentPin?: string | undefined;
  readonly setupCode?: string | undefined;
}

/** The operators of this appliance, their PINs, and the code that permits to choose the first administrator's. Hashes and
 * the counts of failures, which PINs and codes have in common, live in the encrypted store.
 */
export interface Operator {
  /** Whether an administrator has a PIN. */
  pinIsSet(): Promise<boolean>;
  /** In order of their making. */
  list(): Promise<ListedOperator[]>;
  /** Null: was removed, or has no PIN any more. */
  find(operatorId: string): Promise<ListedOperator | null>;
  /**
   * Sets an operator's own PIN, or by the set-up code the first administrator's. A code that was right is used up. Spaces in it do not count.
   * @throws LintelError `pin-invalid`, `pin-trivial`, `pin-locked`, `pin-wrong`, `setup-code-wrong`, `operator-required`
   */
  setPin(pin: string, permit: PinPermit): Promise<ListedOperator>;
  /**
   * @param operatorId may be left out where there is one operator
   * @throws LintelError `pin-wrong`, `pin-locked`, `pin-not-set`, `operator-required`
   */
  verify(pin: string, operatorId?: string): Promise<ListedOperator>;
  /** @throws LintelError `pin-invalid`, `pin-trivial`, `operator-exists`, `too-many-operators` */
  add(name: string, role: OperatorRole, pin: string): Promise<ListedOperator>;
  /** @throws LintelError `operator-not-found`, `last-administrator` */
  setRole(operatorId: string, role: OperatorRole): Promise<void>;
  /** Sets the PIN of somebody else. @throws LintelError `pin-invalid`, `pin-trivial`, `operator-not-found` */
  replacePin(operatorId: string, pin: string): Promise<void>;
  /** @throws LintelError `operator-not-found`, `last-administrator` */
  remove(operatorId: string): Promise<void>;
  /**
   * For the console only: sets the first administrator's PIN whatever it was.
   * @param entry by which the audit log records it
   * @throws LintelError `pin-invalid`, `pin-trivial`
   */
  overwritePin(pin: string, entry?: AuditEntry): Promise<void>;
  /** For the console only: forgets the PINs of all administrators. @returns a set-up code for the next one */
  resetPin(): Promise<string>;
  /**
   * For the console only: a new set-up code of ten digits, in place of the one before; it cannot be asked for again.
   * @returns null when an administrator has a PIN
   */
  issueSetupCode(): Promise<string | null>;
}

export interface OperatorOptions {
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
  /** Of PINs and codes kept from now on. */
  readonly cost?: PinCost;
}

export function createOperator(store: Rows, { now, cost = PIN_COST }: OperatorOptions = {}): Operator {
  // One at a time: guesses made at once must each be counted.
  const turns = new Turns();
  const queue = <T>(task: () => Promise<T>): Promise<T> => turns.take('pin', task);
  const operators = new OperatorList(store);
  const lockout = createLockout(store, LOCKOUT_ROW, now);
  /** Who signs in between guesses at another's PIN ends no count of those. */
  const lockouts = new Map<string, Lockout>();
  const lockoutOf = (operatorId: string): Lockout => {
    const own = lockouts.get(operatorId) ?? createLockout(store, `${LOCKOUT_ROW}.${operatorId}`, now);
    lockouts.set(operatorId, own);
    return own;
  };

  /** A guess at the PIN of nobody counts, too: else there were no end of them. @returns who has this PIN */
  const check = (pin: string, who: KeptOperator | null): Promise<KeptOperator> =>
    attempt('pin-wrong', who === null ? [lockout] : [lockout, lockoutOf(who.operatorId)], async () => {
      const stored = who?.pin ?? null;
      return DIGITS.test(pin) && stored !== null && (await verifyPin(pin, stored)) ? who : null;
    });

  /** Puts a hash in place of the one that was compared with. @returns false when another process was faster */
  async function replaceHash(of: KeptOperator, to: PinHash): Promise<boolean> {
    let isSame = false;
    await operators.change((list) => {
      const present = list.find(({ operatorId }) => operatorId === of.operatorId);
      isSame = present?.pin?.hash === of.pin?.hash;
      return isSame ? withOperator(list, { ...(present ?? of), pin: to }) : list;
    });
    return isSame;
  }

  async function newSetupCode(): Promise<string> {
    const { code, kept } = makeSetupCode();
    await writeRow(store, SETUP_CODE_ROW[0], kept);
    return code;
  }

  async function chooseFirstPin(
    pin: string,
    setupCode: string,
    list: readonly KeptOperator[],
  ): Promise<ListedOperator> {
    const kept = await readRow(store, ...SETUP_CODE_ROW);
    const stored = await attempt('setup-code-wrong', [lockout], async () =>
      kept !== null && isSetupCode(setupCode, kept) ? kept : null,
    );
    const next = await hashPin(pin, cost);
    let isMine = false;
    await changeRow(store, ...SETUP_CODE_ROW, (present) => {
      isMine = present !== null && present.hash === stored.hash;
      return isMine ? null : present;
    });
    const who = firstAdministrator(list);
    if (!isMine || !(await replaceHash(who, next))) throw new LintelError('setup-code-wrong');
    return listed(who);
  }

  return {
    pinIsSet: async () => hasAdministrator(await operators.read()),
    list: async () => (await operators.read()).map(listed),
    find: async (operatorId) => {
      const found = (await operators.read()).find((each) => each.operatorId === operatorId);
      return found === undefined || found.pin === null ? null : listed(found);
    },
    setPin: (pin, { operatorId, currentPin = '', setupCode = '' }) =>
      queue(async () => {
        refuseUnfit(pin);
        const list = await operators.read();
        if (!hasAdministrator(list)) return await chooseFirstPin(pin, setupCode, list);
        const who = await check(currentPin, whoOf(list, operatorId));
        if (!(await replaceHash(who, await hashPin(pin, cost)))) throw new LintelError('pin-wrong');
        return listed(who);
      }),
    verify: (pin, operatorId) =>
      queue(async () => listed(await check(pin, whoOf(await operators.read(), operatorId)))),
    add: (name, role, pin) =>
      queue(async () => {
        refuseUnfit(pin);
        requirePlace(await operators.read(), name);
        const added = newOperator(name, role, await hashPin(pin, cost));
        await operators.change(
          (list) => {
            requirePlace(list, name);
            const next = [...list, added];
            // The first of all has nobody to make another.
            requireAdministrator(next);
            return next;
          },
          { kind: 'operator-added', operatorId: added.operatorId, name, role },
        );
        return listed(added);
      }),
    setRole: (operatorId, role) =>
      queue(() =>
        operators.change(
          (list) => {
            const next = withOperator(list, { ...operatorIn(list, operatorId), role });
            requireAdministrator(next);
            return next;
          },
          { kind: 'operator-role-set', operatorId, role },
        ),
      ),
    replacePin: (operatorId, pin) =>
      queue(async () => {
        refuseUnfit(pin);
        operatorIn(await operators.read(), operatorId);
        const hash = await hashPin(pin, cost);
        await operators.change((list) => withOperator(list, { ...operatorIn(list, operatorId), pin: hash }), {
          kind: 'operator-pin-set',
          operatorId,
        });
        await lockoutOf(operatorId).reset();
      }),
    remove: (operatorId) =>
      queue(async () => {
        await operators.change(
          (list) => {
            const removed = operatorIn(list, operatorId);
            const next = list.filter((each) => each !== removed);
            requireAdministrator(next);
            return next;
          },
          { kind: 'operator-removed', operatorId },
        );
        await lockoutOf(operatorId).reset();
        lockouts.delete(operatorId);
      }),
    overwritePin: (pin, entry) =>
      queue(async () => {
        refuseUnfit(pin);
        const hash = await hashPin(pin, cost);
        await operators.change(
          (list) => withOperator(list, { ...firstAdministrator(list), pin: hash }),
          entry,
        );
        await writeRow(store, SETUP_CODE_ROW[0], null);
        await lockout.reset();
        await lockoutOf(firstAdministrator(await operators.read()).operatorId).reset();
      }),
    resetPin: () =>
      queue(async () => {
        const code = await newSetupCode();
        await operators.change((list) =>
          list.map((each) => (each.role === 'administrator' ? { ...each, pin: null } : each)),
        );
        await lockout.reset();
        for (const { operatorId } of await operators.read()) await lockoutOf(operatorId).reset();
        return code;
      }),
    issueSetupCode: () =>
      queue(async () => (hasAdministrator(await operators.read()) ? null : await newSetupCode())),
  };
}

/** @throws LintelError `pin-invalid`, `pin-trivial` */
function refuseUnfit(pin: string): void {
  const problem = problemOfPin(pin);
  if (problem !== null) throw new LintelError(problem);
}

/** Null: nobody. @throws LintelError `pin-not-set`, `operator-required` where it does not say who of several */
function whoOf(list: readonly KeptOperator[], operatorId: string | undefined): KeptOperator | null {
  if (!hasAdministrator(list)) throw new LintelError('pin-not-set');
  if (operatorId === undefined && list.length > 1) throw new LintelError('operator-required');
  const found = operatorId === undefined ? list[0] : list.find((each) => each.operatorId === operatorId);
  return found ?? null;
}

/** Looks at what was given, or not during a lock. @returns what was found to it @throws LintelError `pin-locked`, `wrong` */
async function attempt<T>(
  wrong: 'pin-wrong' | 'setup-code-wrong',
  counts: readonly Lockout[],
  look: () => Promise<T | null>,
): Promise<T> {
  const wait = Math.max(...(await Promise.all(counts.map((each) => each.remaining()))));
  if (wait > 0) throw new LintelError('pin-locked', `(${Math.ceil(wait / 1000)} s)`);
  // Counted before it is checked, so that cutting the power does not buy a free guess.
  for (const each of counts) await each.failed();
  const found = await look();
  if (found === null) throw new LintelError(wrong);
  for (const each of counts) await each.reset();
  return found;
}
