const NO_ANSWER = 'no answer in time';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses the connection',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'its name could not be looked up',
  ECONNRESET: 'it ended the connection',
  UND_ERR_SOCKET: 'it ended the connection',
  EHOSTUNREACH: 'no network leads there',
  ENETUNREACH: 'no network leads there',
  ETIMEDOUT: NO_ANSWER,
  UND_ERR_CONNECT_TIMEOUT: NO_ANSWER,
  UND_ERR_HEADERS_TIMEOUT: NO_ANSWER,
  UND_ERR_BODY_TIMEOUT: NO_ANSWER,
};

/** How OpenSSL and Node name what they refuse in a certificate. */
const OF_CERTIFICATE = /CERT|SIGNATURE|INVALID_CA|HOSTNAME_MISMATCH/;

/**
 * Why a server gave no answer, in few words of our own: they hold nothing of the request, so no key and no code.
 * @param error what `fetch`, `node:http` or a signal threw
 * @returns null where its kind is not known
 */
export function whyUnreachable(error: unknown): string | null {
  // `fetch` says only that it failed. Its cause says what failed.
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.name === 'TimeoutError') return NO_ANSWER;
    const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
    const reason = REASONS[code];
    if (reason !== undefined) return reason;
    if (OF_CERTIFICATE.test(code)) return `its certificate is not trusted: ${code}`;
    if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return 'it does not answer by TLS as it should';
  }
  return null;
}
