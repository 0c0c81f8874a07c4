import { LintelError } from '#contract';
import { createLockout } from '../lockout.ts';
import { createQueue } from '../queue.ts';
import { readRow, writeRow, type Rows } from '../secret-row.ts';
import { hashPin, PIN_COST, PinHash, verifyPin, type PinCost } from './pin-hash.ts';

const PIN = /^[0-9]{6,12}$/;
const PIN_ROW = 'operator.pin';
const LOCKOUT_ROW = 'operator.lockout';

/** The PIN of this appliance's operators. Hash and count of failures live in the encrypted store. */
export interface Operator {
  pinIsSet(): Promise<boolean>;
  /**
   * While no PIN is set anybody at the screen may choose it; afterwards the current one is needed.
   * @throws LintelError `pin-invalid`, `pin-wrong`, `pin-locked`
   */
  setPin(pin: string, currentPin?: string): Promise<void>;
  /** @throws LintelError `pin-wrong` (also while none is set), `pin-locked` */
  verify(pin: string): Promise<void>;
}

export interface OperatorOptions {
  /** Wall clock in milliseconds: a lock has to outlast a restart. */
  readonly now?: () => number;
  /** Of PINs set from now on. */
  readonly cost?: PinCost;
}

export function createOperator(
  store: Rows,
  { now = Date.now, cost = PIN_COST }: OperatorOptions = {},
): Operator {
  // One at a time: guesses made at once must each be counted.
  const queue = createQueue();
  const lockout = createLockout(store, LOCKOUT_ROW, now);

  async function check(pin: string): Promise<void> {
    const stored = await readRow(store, PIN_ROW, PinHash);
    if (!stored) throw new LintelError('pin-wrong');
    const wait = await lockout.remaining();
    if (wait > 0) throw new LintelError('pin-locked', `(${Math.ceil(wait / 1000)} s)`);
    // Counted before it is checked, so that cutting the power does not buy a free guess.
    await lockout.failed();
    if (!PIN.test(pin) || !(await verifyPin(pin, stored))) throw new LintelError('pin-wrong');
    await lockout.reset();
  }

  return {
    pinIsSet: async () => (await store.getSecret(PIN_ROW)) !== null,
    setPin: (pin, currentPin) =>
      queue(async () => {
        if (!PIN.test(pin)) throw new LintelError('pin-invalid');
        if ((await store.getSecret(PIN_ROW)) !== null) await check(currentPin ?? '');
        await writeRow(store, PIN_ROW, await hashPin(pin, cost));
      }),
    verify: (pin) => queue(() => check(pin)),
  };
}
