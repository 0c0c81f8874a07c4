import { z } from 'zod';
import { SiteEvent, type EventTargetOptions } from '#contract';

type Options = Extract<EventTargetOptions, { kind: 'smtp' }>;

/** Of each part of a delivery, in milliseconds. */
const LIMIT_MS = 10_000;

const Told = SiteEvent.extend({
  visitor: z
    .object({ name: z.string(), host: z.string().nullable(), hostEmail: z.string().nullable() })
    .optional(),
});

/** A letter to a host; null: this event is no host's business, or nobody knows where to write to. */
export function letterOf(
  { from, to }: Pick<Options, 'from' | 'to'>,
  body: string,
): { from: string; to: string; subject: string; text: string; messageId: string } | null {
  const { eventId, at, direction, outcome, visitor } = Told.parse(JSON.parse(body));
  const recipient = to ?? visitor?.hostEmail ?? null;
  if (visitor === undefined || recipient === null || direction !== 'in' || outcome !== 'granted') return null;
  const { name, host } = visitor;
  return {
    from,
    to: recipient,
    subject: `${name} is here`,
    text: `${name} signed in at ${at}${host === null ? '' : `, to visit ${host}`}.\n`,
    // The same each time it is sent, so that a mailbox can tell what it has.
    messageId: `<${eventId}@lintel>`,
  };
}

/**
 * Sends the letter of an event, if there is one. One that the server refuses for good, since it knows no such recipient, counts
 * as taken: others wait behind it. What it has against the sender, or against all letters, is mended there, and they wait.
 * @param url smtp: or smtps:, without credentials
 * @throws Error when the server has not taken it
 */
export async function mail(
  url: string,
  options: Options,
  password: string,
  body: string,
  signal?: AbortSignal,
): Promise<'sent' | 'refused' | 'nothing'> {
  const letter = letterOf(options, body);
  if (letter === null) return 'nothing';
  const transport = await transportTo(url, options, password);
  signal?.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(new Error('broken off'));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await Promise.race([transport.sendMail(letter), aborted.promise]);
    return 'sent';
  } catch (error) {
    if (isRefusedForGood(error)) return 'refused';
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    transport.close();
  }
}

/** Signs in at a mail server once, and writes nothing. @throws Error why it did not let it in */
export async function tryMailServer(url: string, options: Options, password: string): Promise<void> {
  const transport = await transportTo(url, options, password);
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

async function transportTo(url: string, { username, ca, allowPlain }: Options, password: string) {
  const { hostname, port, protocol } = new URL(url);
  const isSecure = protocol === 'smtps:';
  // Few appliances write letters, and each start would wait for what writing takes to load.
  const { createTransport } = await import('nodemailer');
  return createTransport({
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (isSecure ? 465 : 587) : Number(port),
    secure: isSecure,
    requireTLS: !isSecure && !allowPlain,
    ...(username !== null && { auth: { user: username, pass: password } }),
    ...(ca !== null && { tls: { ca } }),
    connectionTimeout: LIMIT_MS,
    greetingTimeout: LIMIT_MS,
    socketTimeout: LIMIT_MS,
    dnsTimeout: LIMIT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Many servers say only when they hear of a recipient what they have against the sender's address (RFC 3463). */
const OF_SENDER = /^5\d\d[ -]5\.1\.[78]\b/;

const Refusal = z.object({
  code: z.literal('EENVELOPE'),
  command: z.literal('RCPT TO'),
  responseCode: z.int().min(500).max(599),
  response: z.string(),
});
const isRefusedForGood = (error: unknown): boolean => {
  const { data } = Refusal.safeParse(error);
  return data !== undefined && !OF_SENDER.test(data.response);
};
