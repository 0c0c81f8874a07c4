import { oneLine, type ActuatorConfig, type EventTargetOptions } from '#contract';
import { createPoster } from '#core/outbound';
import { whyUnreachable } from '../sync/index.ts';
import { tryRelay } from './http-actuator.ts';
import { tryMailServer } from './mail-teller.ts';
import { RELAY_PROTOCOL } from './mqtt-actuator.ts';
import { tryBroker } from './mqtt-link.ts';
import { brokerOf, EVENTS_PROTOCOL } from './mqtt-teller.ts';

/** Connects to who is to be told of events, signs in where that is asked for, and tells nothing. @throws Error why that fails */
export async function tryTarget(url: string, options: EventTargetOptions, secret: string): Promise<void> {
  if (options.kind === 'mqtt') await tryBroker(brokerOf(url, options, secret), EVENTS_PROTOCOL);
  else if (options.kind === 'smtp') await tryMailServer(url, options, secret);
  else await createPoster({ isPrivateAllowed: options.allowPrivate }).connect(url);
}

/** Connects to what an actuator reaches by the network, and switches nothing. Of programs and lines nothing is tried. @throws Error why that fails */
export async function tryActuator(actuator: ActuatorConfig): Promise<void> {
  if (actuator.kind === 'mqtt') await tryBroker(actuator.broker, RELAY_PROTOCOL);
  if (actuator.kind === 'http') await tryRelay(actuator);
}

/** Why what was tried cannot be reached now, for an operator; null: it can. */
export const problemOf = (tried: Promise<void>): Promise<string | null> => tried.then(() => null, whyNot);

/** What of an address may be shown: some have a secret in their path. */
export function placeOf(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** Why somebody was not reached, without anything of what they were to be told. */
export function whyNot(error: unknown): string {
  const known = whyUnreachable(error);
  if (known !== null) return known;
  if (!(error instanceof Error)) return 'not known';
  // What a mail server says may name the recipient.
  if ('responseCode' in error) return `it answered ${String(error.responseCode)}`;
  return oneLine(error.message).slice(0, 200);
}
