import { decodeMessage, encodeMessage, type KioskBridge, type KioskEvent, SocketMessage } from '#contract';
import { KioskError } from './errors.ts';

/** To this machine only: an attempt costs nothing, and an appliance that was killed is back in a second or two. */
const FIRST_RETRY_MS = 125;
const LAST_RETRY_MS = 250;

/** Doubles from {@link FIRST_RETRY_MS} to {@link LAST_RETRY_MS}. */
export const retryDelay = (attempt: number): number => Math.min(FIRST_RETRY_MS * 2 ** attempt, LAST_RETRY_MS);

interface Pending {
  resolve(reply: unknown): void;
  reject(error: KioskError): void;
}

/**
 * A {@link KioskBridge} over the browser shell's WebSocket. Reconnects by itself, for ever; calls made or waiting
 * while there is no connection reject with `connection-lost`.
 * @param onConnection called with true on each opening and with false on each loss
 */
export function openSocketBridge(url: string, onConnection: (open: boolean) => void): KioskBridge {
  const pending = new Map<number, Pending>();
  const listeners = new Map<KioskEvent, Set<(body: unknown) => void>>();
  let socket: WebSocket;
  let attempt = 0;
  let nextId = 0;

  /** @throws LintelError `message-malformed` */
  const receive = (data: unknown): void => {
    if (!(data instanceof ArrayBuffer)) return;
    const message = SocketMessage.safeParse(decodeMessage(new Uint8Array(data)));
    if (!message.success) return;
    if (message.data.type === 'event') {
      for (const listener of listeners.get(message.data.event as KioskEvent) ?? [])
        listener(message.data.body);
      return;
    }
    pending.get(message.data.id)?.resolve(message.data.reply);
    pending.delete(message.data.id);
  };

  const connect = (): void => {
    socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => onConnection(true));
    socket.addEventListener('message', ({ data }) => {
      try {
        receive(data);
      } catch {
        socket.close();
        return;
      }
      // Not on opening: a server that accepts and closes at once is not back yet.
      attempt = 0;
    });
    socket.addEventListener('close', () => {
      for (const call of pending.values()) call.reject(new KioskError('connection-lost'));
      pending.clear();
      onConnection(false);
      setTimeout(connect, retryDelay(attempt++));
    });
  };
  connect();

  return {
    invoke: (channel, input) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== WebSocket.OPEN) {
          reject(new KioskError('connection-lost'));
          return;
        }
        const id = nextId++;
        pending.set(id, { resolve, reject });
        socket.send(Uint8Array.from(encodeMessage({ id, channel, input })));
      }),
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener));
      return () => set.delete(listener);
    },
  };
}
