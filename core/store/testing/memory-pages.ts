import { LintelError } from '#contract';
import type { NewPageToken, PageStore } from '../stores.ts';
import { InMemory } from './in-memory.ts';

const TOKENS_PER_KEY = 10_000;

export class MemoryPages extends InMemory implements PageStore {
  origins(keyId: string) {
    return this.place.read(({ keys, pageOrigins }) =>
      keys.has(keyId) ? [...(pageOrigins.get(keyId) ?? [])] : [],
    );
  }

  setOrigins(keyId: string, origins: readonly string[]) {
    return this.place.write(({ keys, pageOrigins }) => {
      const key = keys.get(keyId);
      if (key === undefined) throw new LintelError('key-not-found');
      const sorted = [...new Set(origins)].toSorted();
      pageOrigins.set(keyId, sorted);
      const { accountId: account } = key;
      this.record({ kind: 'page-origins-set', account, keyId, origins: sorted });
    });
  }

  isListed(origin: string) {
    return this.place.read(({ keys, pageOrigins }) =>
      [...pageOrigins].some(([keyId, origins]) => keys.has(keyId) && origins.includes(origin)),
    );
  }

  addToken(token: NewPageToken, now: number) {
    return this.place.write(({ keys, pageTokens }) => {
      if (!keys.has(token.keyId)) throw new LintelError('key-not-found');
      for (const [tokenId, { expiresAt }] of pageTokens) if (expiresAt <= now) pageTokens.delete(tokenId);
      const own = [...pageTokens.values()].filter(({ keyId }) => keyId === token.keyId);
      if (own.length >= TOKENS_PER_KEY) throw new LintelError('rate-limited');
      pageTokens.set(token.tokenId, token);
    });
  }

  canUseToken(tokenId: string, keyId: string) {
    return this.place.read(() => this.#usable(tokenId, keyId) !== null);
  }

  useToken(tokenId: string, keyId: string) {
    return this.place.write(({ pageTokens }) => {
      const token = this.#usable(tokenId, keyId);
      if (token !== null) pageTokens.set(tokenId, { ...token, uses: token.uses - 1 });
      return token !== null;
    });
  }

  removeToken(account: string, tokenId: string) {
    return this.place.write(({ keys, pageTokens }) => {
      const token = pageTokens.get(tokenId);
      const isOwn = token !== undefined && keys.get(token.keyId)?.accountId === account;
      return isOwn && pageTokens.delete(tokenId);
    });
  }

  #usable(tokenId: string, keyId: string): NewPageToken | null {
    const { keys, pageTokens } = this.place.rows;
    const token = pageTokens.get(tokenId);
    return token?.keyId === keyId && keys.has(keyId) && token.uses > 0 ? token : null;
  }
}
