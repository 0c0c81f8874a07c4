import { signal } from '@preact/signals';
import type { KioskChannel, KioskInput, KioskOutput } from '#contract';
import { call, listen } from '../bridge/bridge.ts';
import { codeOf, KioskError } from '../bridge/errors.ts';
import { showView } from '../screen.ts';

/** Whether this screen believes that an operator is signed in. The appliance decides. */
export const signedIn = signal(false);

/** {@link call} for an operator's request: a sign-in that has ended shows the PIN again. */
export async function ask<C extends KioskChannel>(channel: C, input: KioskInput<C>): Promise<KioskOutput<C>> {
  try {
    return await call(channel, input);
  } catch (error) {
    if (codeOf(error) === 'operator-required') signedIn.value = false;
    throw error;
  }
}

/** @throws KioskError `pin-wrong`, `pin-locked`, `pin-not-set` */
export async function signIn(pin: string): Promise<void> {
  await call('operator.login', { pin });
  signedIn.value = true;
}

/**
 * Chooses the first PIN and signs in with it.
 * @throws KioskError `setup-code-wrong`, `pin-locked`, `pin-trivial`, `pin-invalid`
 */
export async function chooseFirstPin(pin: string, setupCode: string): Promise<void> {
  await call('operator.set-pin', { pin, setupCode });
  await signIn(pin);
}

/** Back to the kiosk. If this message is lost, the appliance ends the idle sign-in by itself. */
export async function signOut(): Promise<void> {
  signedIn.value = false;
  showView('kiosk');
  await call('operator.logout', {}).catch((error: unknown) => {
    if (!(error instanceof KioskError)) throw error;
  });
}

/** Follows sign-ins that the appliance ends. */
export function followSession(): void {
  listen('operator.signed-out', () => {
    if (!signedIn.value) return;
    signedIn.value = false;
    showView('kiosk');
  });
}
