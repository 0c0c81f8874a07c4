import { createHmac } from 'node:crypto';

/** A body to be posted, and what shows who sent it. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A body signed with the secret of its receiver (HMAC-SHA-256, RFC 2104, in hexadecimal): once as it is, and once behind
 * the time and a dot, so that a receiver can refuse what was recorded and is sent again.
 * @param now Unix time in whole seconds is what is signed
 */
export function signed(secret: string, body: string, now: Date): SignedRequest {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const mac = (text: string): string => createHmac('sha256', secret).update(text).digest('hex');
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
