import type { WebSocket } from 'ws';
import {
  IMAGE_LIMITS,
  LintelError,
  MAX_REFERENCES_PER_FACE,
  SocketRequest,
  decodeMessage,
  encodeMessage,
  type KioskReply,
  type SocketMessage,
} from '#contract';
import type { Appliance } from '../appliance/index.ts';

/** The largest request of the contract: as many images as one enrolment takes, and what is written around them. */
export const MAX_MESSAGE_BYTES = MAX_REFERENCES_PER_FACE * IMAGE_LIMITS.bytes + 64 * 1024;

const MAX_IN_FLIGHT = 8;

/** Codes of RFC 6455, 7.4.1. */
const CLOSE = { unsupportedData: 1003, invalidData: 1007 } as const;

const BUSY: KioskReply = { ok: false, error: new LintelError('busy').toBody() };

/** Speaks the kiosk contract on one open WebSocket until it closes: requests in, replies and events out. */
export function serveKiosk(socket: WebSocket, appliance: Pick<Appliance, 'connect'>): void {
  const send = (message: SocketMessage): void => {
    if (socket.readyState === socket.OPEN) socket.send(encodeMessage(message));
  };
  const connection = appliance.connect((event, body) => send({ type: 'event', event, body }));
  let inFlight = 0;

  const answer = async ({ id, channel, input }: SocketRequest): Promise<void> => {
    if (inFlight >= MAX_IN_FLIGHT) {
      send({ type: 'reply', id, reply: BUSY });
      return;
    }
    inFlight += 1;
    try {
      send({ type: 'reply', id, reply: await connection.handle(channel, input) });
    } finally {
      inFlight -= 1;
    }
  };

  socket.on('message', (data, isBinary) => {
    if (!isBinary || !Buffer.isBuffer(data)) {
      socket.close(CLOSE.unsupportedData);
      return;
    }
    const request = parse(data);
    if (request === null) socket.close(CLOSE.invalidData);
    else void answer(request);
  });
  socket.on('close', () => connection.close());
}

function parse(data: Buffer): SocketRequest | null {
  try {
    return SocketRequest.safeParse(decodeMessage(data)).data ?? null;
  } catch {
    return null;
  }
}
