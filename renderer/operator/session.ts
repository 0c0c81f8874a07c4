import { signal } from '@preact/signals';
import {
  isForRole,
  type KioskChannel,
  type KioskInput,
  type KioskOutput,
  type ListedOperator,
  type OperatorChannel,
  type ShownFace,
} from '#contract';
import { call, connection, listen } from '../bridge/bridge.ts';
import { codeOf, KioskError } from '../bridge/errors.ts';
import { showView } from '../screen.ts';

/** The operator who this screen believes is signed in. The appliance decides. */
export const operator = signal<ListedOperator | null>(null);

/** Whether that operator may use a channel. */
export const may = (channel: OperatorChannel): boolean =>
  operator.value !== null && isForRole(channel, operator.value.role);

/** Whether that operator says who may pass where. */
export const isAdministrator = (): boolean => operator.value?.role === 'administrator';

/** Whether that operator says which faces and codes pass as somebody. */
export const mayLetPassAs = ({ hasGroups }: Pick<ShownFace, 'hasGroups'>): boolean =>
  !hasGroups || isAdministrator();

/** {@link call} for an operator's request: a sign-in that has ended shows the PIN again. */
export async function ask<C extends KioskChannel>(channel: C, input: KioskInput<C>): Promise<KioskOutput<C>> {
  try {
    return await call(channel, input);
  } catch (error) {
    if (codeOf(error) === 'operator-required') operator.value = null;
    throw error;
  }
}

/** @param operatorId left out where there is one operator @throws KioskError `pin-wrong`, `pin-locked`, `pin-not-set` */
export async function signIn(pin: string, operatorId?: string): Promise<void> {
  const answer = await call('operator.login', { pin, ...(operatorId !== undefined && { operatorId }) });
  operator.value = answer.operator;
}

/**
 * Chooses the first PIN and signs in with it.
 * @throws KioskError `setup-code-wrong`, `pin-locked`, `pin-trivial`, `pin-invalid`
 */
export async function chooseFirstPin(pin: string, setupCode: string): Promise<void> {
  const { operatorId } = await call('operator.set-pin', { pin, setupCode });
  await signIn(pin, operatorId);
}

/** Back to the kiosk. If this message is lost, the appliance ends the idle sign-in by itself. */
export async function signOut(): Promise<void> {
  operator.value = null;
  showView('kiosk');
  await call('operator.logout', {}).catch((error: unknown) => {
    if (!(error instanceof KioskError)) throw error;
  });
}

function leave(): void {
  if (operator.value === null) return;
  operator.value = null;
  showView('kiosk');
}

/** Follows sign-ins that the appliance ends: by saying so, and with each connection. */
export function followSession(): void {
  listen('operator.signed-out', leave);
  connection.subscribe((state) => {
    if (state === 'lost') leave();
  });
}
