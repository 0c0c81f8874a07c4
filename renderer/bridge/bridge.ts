import { signal } from '@preact/signals';
import {
  KIOSK_CHANNELS,
  KIOSK_EVENTS,
  type KioskBridge,
  type KioskChannel,
  type KioskEvent,
  type KioskEventBody,
  type KioskInput,
  type KioskOutput,
  KioskReply,
} from '#contract';
import { KioskError } from './errors.ts';
import { openSocketBridge } from './socket-bridge.ts';

declare global {
  interface Window {
    /** Put there by the preload under Electron, absent in the browser shell. */
    readonly lintel?: KioskBridge;
  }
}

/** Whether the appliance can be reached. */
export const connection = signal<'connecting' | 'open' | 'lost'>('connecting');

function socketUrl(): string {
  const url = new URL('/kiosk', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

let bridge: KioskBridge;

/** Finds the appliance: the preload's bridge, else the socket of the server that served this page. */
export function connect(): void {
  if (window.lintel) {
    bridge = window.lintel;
    connection.value = 'open';
  } else {
    bridge = openSocketBridge(socketUrl(), (open) => {
      connection.value = open ? 'open' : 'lost';
    });
  }
}

/**
 * Asks the appliance.
 * @throws KioskError the appliance's code, `connection-lost`, or `reply-malformed` when the answer breaks the contract
 */
export async function call<C extends KioskChannel>(
  channel: C,
  input: KioskInput<C>,
): Promise<KioskOutput<C>> {
  const reply = KioskReply.safeParse(await bridge.invoke(channel, input));
  if (!reply.success) throw new KioskError('reply-malformed', channel);
  if (!reply.data.ok) throw new KioskError(reply.data.error.code, reply.data.error.message);
  const output = KIOSK_CHANNELS[channel].output.safeParse(reply.data.value);
  if (!output.success) throw new KioskError('reply-malformed', channel);
  return output.data as KioskOutput<C>;
}

/** Listens to the appliance; bodies that break the contract are dropped. Returns a function that stops listening. */
export function listen<E extends KioskEvent>(
  event: E,
  listener: (body: KioskEventBody<E>) => void,
): () => void {
  return bridge.on(event, (body) => {
    const parsed = KIOSK_EVENTS[event].safeParse(body);
    if (parsed.success) listener(parsed.data as KioskEventBody<E>);
  });
}
