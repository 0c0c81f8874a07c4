import { createHmac } from 'node:crypto';

/** A body to be posted, and what shows who sent it. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const macOf = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex');

const secondsOf = (now: Date): string => String(Math.floor(now.getTime() / 1000));

/**
 * A body signed with the secret of its receiver (HMAC-SHA-256, RFC 2104, in hexadecimal): once as it is, and once behind
 * the time and a dot, so that a receiver can refuse what was recorded and is sent again.
 * @param now Unix time in whole seconds is what is signed
 */
export function signed(secret: string, body: string, now: Date): SignedRequest {
  const timestamp = secondsOf(now);
  const mac = (text: string): string => macOf(secret, text);
  return {
    headers: {
      'content-type': 'application/json',
      'x-facesmash-signature': mac(body),
      'x-facesmash-timestamp': timestamp,
      'x-facesmash-timestamped-signature': mac(`${timestamp}.${body}`),
    },
    body,
  };
}

/**
 * The event of an appliance, signed behind the time and a dot, and never without: a receiver refuses what is old by its
 * clock, and what it has seen already by `eventId` in the body.
 * @param now Unix time in whole seconds is what is signed
 */
export function signedEvent(secret: string, body: string, now: Date): SignedRequest {
  const timestamp = secondsOf(now);
  return {
    headers: {
      'content-type': 'application/json',
      'x-lintel-timestamp': timestamp,
      'x-lintel-signature': macOf(secret, `${timestamp}.${body}`),
    },
    body,
  };
}
