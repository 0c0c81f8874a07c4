import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { LintelError, MOST_ORIGINS, PageClaims, PageOrigin, type PagePurpose } from '#contract';
import type { Store } from '#core/store';
import type { Caller } from './accounts.ts';

/** What a token begins with: no API key does. */
const PREFIX = 'pk_';

const DAY_SECONDS = 86_400;

/** What a web page may do by its token. */
export interface PageGrant {
  readonly tokenId: string;
  readonly caller: Caller;
  readonly purpose: PagePurpose;
  readonly origin: string;
  /** The user the token is for; null: the page names the user. */
  readonly user: string | null;
}

/**
 * What web pages may do without an API key: a server of the site makes a token with its key, for one origin, one purpose, a
 * few uses and some minutes. A token is signed under HMAC-SHA-256 with a key of its day; a row counts its uses. It dies with
 * its API key, and when the key loses the origin.
 */
export class PageAccess {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  origins(keyId: string): Promise<string[]> {
    return this.#store.pages.origins(keyId);
  }

  /** Replace the origins of a key. @throws `page-origin-invalid`, `key-not-found` */
  async setOrigins(keyId: string, origins: readonly string[]): Promise<string[]> {
    const parsed = PageOrigin.array().max(MOST_ORIGINS).safeParse(origins);
    if (!parsed.success) throw new LintelError('page-origin-invalid');
    await this.#store.pages.setOrigins(keyId, parsed.data);
    return await this.origins(keyId);
  }

  /** Whether a page of this origin may use tokens of some key. */
  async isListed(origin: string): Promise<boolean> {
    return await this.#store.pages.isListed(origin);
  }

  /** @param seconds for which it can be used @throws `page-origin-refused` for an origin that the key does not have, `rate-limited` */
  async issue(
    { keyId }: Caller,
    asked: {
      readonly origin: string;
      readonly purpose: PagePurpose;
      readonly user: string | null;
      readonly uses: number;
      readonly seconds: number;
    },
    now = Date.now(),
  ): Promise<{ token: string; claims: PageClaims }> {
    const { origin, purpose, user, uses, seconds } = asked;
    if (!(await this.origins(keyId)).includes(origin)) throw new LintelError('page-origin-refused');
    const at = Math.floor(now / 1000);
    const jti = `tok_${randomBytes(16).toString('hex')}`;
    const claims = { jti, kid: keyId, origin, purpose, user, exp: at + seconds };
    await this.#store.pages.addToken({ tokenId: jti, keyId, uses, expiresAt: claims.exp }, at);
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const signature = (await this.#sign(payload, claims.exp)).toString('base64url');
    return { token: `${PREFIX}${payload}.${signature}`, claims };
  }

  /** What a token grants; it may be used up. @throws `page-token-invalid` */
  async verify(token: string, now = Date.now()): Promise<PageGrant> {
    const refused = new LintelError('page-token-invalid');
    const [payload = '', signature = '', ...more] = token.slice(PREFIX.length).split('.');
    const claims = token.startsWith(PREFIX) && more.length === 0 ? parse(payload) : null;
    if (claims === null) throw refused;
    const expected = await this.#sign(payload, claims.exp);
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refused;
    if (claims.exp <= Math.floor(now / 1000)) throw refused;
    const key = await this.#store.accounts.findApiKey(claims.kid);
    if (key === null) throw refused;
    const { accountId, keyId, scopes } = key;
    const { jti: tokenId, purpose, origin, user } = claims;
    return { tokenId, caller: { accountId, keyId, scopes }, purpose, origin, user };
  }

  /** Whether a page of this origin may use a grant. */
  async permits({ origin, caller }: PageGrant, from: string): Promise<boolean> {
    return origin === from && (await this.origins(caller.keyId)).includes(from);
  }

  /** @throws `page-token-invalid` when a token is used up or revoked */
  async requireUsable({ tokenId, caller }: PageGrant): Promise<void> {
    const isUsable = await this.#store.pages.canUseToken(tokenId, caller.keyId);
    if (!isUsable) throw new LintelError('page-token-invalid');
  }

  /** Use a token once more. @throws `page-token-invalid` when it is used up or revoked */
  async use({ tokenId, caller }: PageGrant): Promise<void> {
    const isUsed = await this.#store.pages.useToken(tokenId, caller.keyId);
    if (!isUsed) throw new LintelError('page-token-invalid');
  }

  /** End a token of an account. @returns whether it was there */
  async revoke(accountId: string, tokenId: string): Promise<boolean> {
    return await this.#store.pages.removeToken(accountId, tokenId);
  }

  async #sign(payload: string, exp: number): Promise<Buffer> {
    const secret = await this.#store.sharedSecret('page-tokens');
    const day = Math.floor(exp / DAY_SECONDS);
    const key = Buffer.from(hkdfSync('sha256', secret, '', `page tokens of day ${day}`, 32));
    return createHmac('sha256', key).update(payload).digest();
  }
}

function parse(payload: string): PageClaims | null {
  try {
    return PageClaims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  } catch {
    return null;
  }
}
