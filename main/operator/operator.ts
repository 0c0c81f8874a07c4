import type { z } from 'zod';
import { LintelError, problemOfPin } from '#contract';
import { Turns } from '#core/serial';
import { createLockout } from '../lockout/index.ts';
import { changeRow, readRow, writeRow, type Rows } from '../secrets/index.ts';
import { hashPin, PIN_COST, PinHash, verifyPin, type PinCost } from './pin-hash.ts';
import { isSetupCode, makeSetupCode, SetupCodeHash } from './setup-code.ts';

const DIGITS = /^[0-9]{6,12}$/;
const PIN_ROW = ['operator.pin', PinHash] as const;
const SETUP_CODE_ROW = ['operator.setup-code', SetupCodeHash] as const;
const LOCKOUT_ROW = 'operator.lockout';

/** What permits to set a PIN: while there is none the set-up code, afterwards the current PIN. */
export interface PinPermit {
  readonly currentPin?: string | undefined;
  readonly setupCode?: string | undefined;
}

/**
 * The PIN of this appliance's operators, and the code that permits to choose the first one. Hashes and the count of
 * failures, which PINs and codes have in common, live in the encrypted store.
 */
export interface Operator {
  pinIsSet(): Promise<boolean>;
  /**
   * A set-up code that was right is used up. Spaces in it do not count.
   * @throws LintelError `pin-invalid`, `pin-trivial`, `pin-locked`, `pin-wrong`, `setup-code-wrong`
   */
  setPin(pin: string, permit: PinPermit): Promise<void>;
  /** @throws LintelError `pin-wrong`, `pin-locked`, `pin-not-set` */
  verify(pin: string): Promise<void>;
  /** For the console only: sets the PIN whatever it was. @throws LintelError `pin-invalid`, `pin-trivial` */
  overwritePin(pin: string): Promise<void>;
  /** For the console only: forgets the PIN. @returns a set-up code for the next one */
  resetPin(): Promise<string>;
  /**
   * For the console only: a new set-up code of ten digits, in place of the one before; it cannot be asked for again.
   * @returns null when there is a PIN
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
  const lockout = createLockout(store, LOCKOUT_ROW, now);

  /** Looks at what was given, or not during a lock. @throws LintelError `pin-locked`, `wrong` */
  async function attempt(wrong: 'pin-wrong' | 'setup-code-wrong', look: () => Promise<boolean>) {
    const wait = await lockout.remaining();
    if (wait > 0) throw new LintelError('pin-locked', `(${Math.ceil(wait / 1000)} s)`);
    // Counted before it is checked, so that cutting the power does not buy a free guess.
    await lockout.failed();
    if (!(await look())) throw new LintelError(wrong);
    await lockout.reset();
  }

  const check = (pin: string, stored: PinHash): Promise<void> =>
    attempt('pin-wrong', async () => DIGITS.test(pin) && (await verifyPin(pin, stored)));

  /** Puts a hash in place of the one that was compared with. @returns false when another process was faster */
  async function replaceHash<T extends { readonly hash: string }>(
    [name, schema]: readonly [string, z.ZodType<T>],
    from: T | null,
    to: T | null,
  ): Promise<boolean> {
    let isSame = false;
    await changeRow(store, name, schema, (present) => {
      isSame = present?.hash === from?.hash;
      return isSame ? to : present;
    });
    return isSame;
  }

  async function newSetupCode(): Promise<string> {
    const { code, kept } = makeSetupCode();
    await writeRow(store, SETUP_CODE_ROW[0], kept);
    return code;
  }

  async function chooseFirstPin(pin: string, setupCode: string): Promise<void> {
    const stored = await readRow(store, ...SETUP_CODE_ROW);
    await attempt('setup-code-wrong', async () => stored !== null && isSetupCode(setupCode, stored));
    const next = await hashPin(pin, cost);
    const isTaken =
      (await replaceHash(SETUP_CODE_ROW, stored, null)) && (await replaceHash(PIN_ROW, null, next));
    if (!isTaken) throw new LintelError('setup-code-wrong');
  }

  async function changePin(pin: string, currentPin: string, stored: PinHash): Promise<void> {
    await check(currentPin, stored);
    if (!(await replaceHash(PIN_ROW, stored, await hashPin(pin, cost)))) throw new LintelError('pin-wrong');
  }

  return {
    pinIsSet: async () => (await store.getSecret(PIN_ROW[0])) !== null,
    setPin: (pin, { currentPin = '', setupCode = '' }) =>
      queue(async () => {
        refuseUnfit(pin);
        const stored = await readRow(store, ...PIN_ROW);
        if (stored === null) await chooseFirstPin(pin, setupCode);
        else await changePin(pin, currentPin, stored);
      }),
    verify: (pin) =>
      queue(async () => {
        const stored = await readRow(store, ...PIN_ROW);
        if (stored === null) throw new LintelError('pin-not-set');
        await check(pin, stored);
      }),
    overwritePin: (pin) =>
      queue(async () => {
        refuseUnfit(pin);
        await writeRow(store, PIN_ROW[0], await hashPin(pin, cost));
        await writeRow(store, SETUP_CODE_ROW[0], null);
        await lockout.reset();
      }),
    resetPin: () =>
      queue(async () => {
        const code = await newSetupCode();
        await writeRow(store, PIN_ROW[0], null);
        await lockout.reset();
        return code;
      }),
    issueSetupCode: () =>
      queue(async () => ((await store.getSecret(PIN_ROW[0])) === null ? await newSetupCode() : null)),
  };
}

/** @throws LintelError `pin-invalid`, `pin-trivial` */
function refuseUnfit(pin: string): void {
  const problem = problemOfPin(pin);
  if (problem !== null) throw new LintelError(problem);
}
