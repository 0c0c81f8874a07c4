import { createHmac, hkdfSync, randomUUID, timingSafeEqual } from 'node:crypto';
import { LintelError, TokenClaims } from '#contract';
import type { Accounts, Caller } from '#core/accounts';
import type { Store } from '#core/store';

export const TOKEN_SECONDS = 1_800;

const DAY_SECONDS = 86_400;
const HEADER = { alg: 'HS256', typ: 'JWT' } as const;

/**
 * Access tokens: JSON Web Tokens (RFC 7519) under HMAC-SHA-256. Each day has a signing key of its own, derived from a
 * secret of the store, so that a key that leaks signs nothing after a day. A token dies with the API key that it was made with.
 */
export class Tokens {
  readonly #store: Store;
  readonly #accounts: Accounts;

  constructor(store: Store, accounts: Accounts) {
    this.#store = store;
    this.#accounts = accounts;
  }

  /** @throws `unauthenticated` unless the secret is a key of that account */
  async issue(
    accountId: string,
    apiKey: string,
    now = Date.now(),
  ): Promise<{ token: string; claims: TokenClaims; caller: Caller }> {
    const caller = await this.#accounts.authenticate(apiKey);
    if (caller?.accountId !== accountId) throw new LintelError('unauthenticated');
    const exp = Math.floor(now / 1000) + TOKEN_SECONDS;
    const { keyId: kid, scopes } = caller;
    const claims = { sub: accountId, kid, scope: scopes.join(' '), exp, jti: randomUUID() };
    const signed = `${encode(HEADER)}.${encode(claims)}`;
    return { token: `${signed}.${(await this.#sign(signed, exp)).toString('base64url')}`, claims, caller };
  }

  /** Whose token this is. @throws `unauthenticated` */
  async verify(token: string, now = Date.now()): Promise<Caller> {
    const refused = new LintelError('unauthenticated');
    const [header, payload, signature, ...more] = token.split('.');
    if (header !== encode(HEADER) || payload === undefined || signature === undefined || more.length > 0) {
      throw refused;
    }
    const claims = parse(payload);
    if (claims === null) throw refused;
    const expected = await this.#sign(`${header}.${payload}`, claims.exp);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refused;
    const seconds = Math.floor(now / 1000);
    if (claims.exp <= seconds || claims.exp > seconds + TOKEN_SECONDS) throw refused;
    const key = await this.#store.accounts.findApiKey(claims.kid);
    if (key?.accountId !== claims.sub) throw refused;
    return { accountId: key.accountId, keyId: key.keyId, scopes: key.scopes };
  }

  async #sign(text: string, exp: number): Promise<Buffer> {
    const secret = await this.#store.sharedSecret('access-tokens');
    const day = Math.floor(exp / DAY_SECONDS);
    const key = Buffer.from(hkdfSync('sha256', secret, '', `access tokens of day ${day}`, 32));
    return createHmac('sha256', key).update(text).digest();
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function parse(payload: string): TokenClaims | null {
  try {
    return TokenClaims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  } catch {
    return null;
  }
}
