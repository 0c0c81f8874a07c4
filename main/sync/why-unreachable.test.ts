import { expect, it } from 'vitest';
import { whyUnreachable } from './why-unreachable.ts';

/** As `fetch` throws it. */
const failed = (code: string): Error =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(`of key-1234: ${code}`), { code }) });

it.each([
  ['ECONNREFUSED', 'it refuses the connection'],
  ['ENOTFOUND', 'there is no host of this name'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no answer in time'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not trusted: DEPTH_ZERO_SELF_SIGNED_CERT'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not trusted: UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is not trusted: ERR_TLS_CERT_ALTNAME_INVALID'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not answer by TLS as it should'],
  ['E_OTHER', null],
])('%s is said in words that hold nothing of the request', (code, words) => {
  expect(whyUnreachable(failed(code))).toBe(words);
});

it('a time that is up is said wherever it was', () => {
  expect(whyUnreachable(new DOMException('', 'TimeoutError'))).toBe('no answer in time');
  expect(whyUnreachable(new Error('', { cause: new DOMException('', 'TimeoutError') }))).toBe(
    'no answer in time',
  );
});
