import { z } from 'zod';
import { LintelError } from '#contract';
import type { ReadTx } from '../sql/transactions.ts';
import type { NewPageToken, PageStore } from '../stores.ts';
import { requireApiKey } from './known.ts';
import { RecordedTable } from './recorded-table.ts';

/** Tokens of one key that are neither used up nor expired. */
const TOKENS_PER_KEY = 10_000;

const OriginRow = z.object({ origin: z.string() });
const KeyRow = z.object({ account: z.string() });
const CountRow = z.object({ count: z.int() });

/** Which web pages may use tokens of an API key, and how often each token may still be used. */
export class PageAccessTable extends RecordedTable implements PageStore {
  /** In order. */
  origins(keyId: string): Promise<string[]> {
    return this.sql.read((tx) => this.#origins(tx, keyId));
  }

  /** Replace the list of a key. @throws `key-not-found` */
  setOrigins(keyId: string, origins: readonly string[]): Promise<void> {
    return this.sql.write(async (tx) => {
      const key = await tx.get('SELECT account_id AS account FROM api_keys WHERE key_id = ?', [keyId]);
      if (key === undefined) throw new LintelError('key-not-found');
      await tx.run('DELETE FROM page_origins WHERE key_id = ?', [keyId]);
      for (const origin of new Set(origins)) {
        await tx.run('INSERT INTO page_origins (key_id, origin) VALUES (?, ?)', [keyId, origin]);
      }
      const { account } = KeyRow.parse(key);
      const entry = {
        kind: 'page-origins-set' as const,
        account,
        keyId,
        origins: await this.#origins(tx, keyId),
      };
      await this.audit.append(tx, this.actor, entry);
    });
  }

  /** Whether any key has it. */
  isListed(origin: string): Promise<boolean> {
    return this.sql.read(
      async (tx) =>
        (await tx.get('SELECT 1 FROM page_origins WHERE origin = ? LIMIT 1', [origin])) !== undefined,
    );
  }

  /** @param expiresAt seconds since 1970 @param now the same @throws `rate-limited` when the key has too many */
  addToken(token: NewPageToken, now: number): Promise<void> {
    const { tokenId, keyId, uses, expiresAt } = token;
    return this.sql.writeUnsynced(async (tx) => {
      await requireApiKey(tx, keyId);
      await tx.run('DELETE FROM page_tokens WHERE expires_at <= ?', [now]);
      const row = await tx.get('SELECT count(*) AS count FROM page_tokens WHERE key_id = ?', [keyId]);
      if (CountRow.parse(row).count >= TOKENS_PER_KEY) throw new LintelError('rate-limited');
      await tx.run('INSERT INTO page_tokens (token_id, key_id, uses, expires_at) VALUES (?, ?, ?, ?)', [
        tokenId,
        keyId,
        uses,
        expiresAt,
      ]);
    });
  }

  /** Whether a token can still be used. */
  canUseToken(tokenId: string, keyId: string): Promise<boolean> {
    return this.sql.read(
      async (tx) =>
        (await tx.get('SELECT 1 FROM page_tokens WHERE token_id = ? AND key_id = ? AND uses > 0', [
          tokenId,
          keyId,
        ])) !== undefined,
    );
  }

  /** Use a token once. @returns whether it could be, however many try at once */
  useToken(tokenId: string, keyId: string): Promise<boolean> {
    return this.sql.writeUnsynced(async (tx) => {
      const { changes } = await tx.run(
        'UPDATE page_tokens SET uses = uses - 1 WHERE token_id = ? AND key_id = ? AND uses > 0',
        [tokenId, keyId],
      );
      return changes === 1;
    });
  }

  /** End a token of an account. @returns whether it was there */
  removeToken(account: string, tokenId: string): Promise<boolean> {
    return this.sql.writeUnsynced(async (tx) => {
      const { changes } = await tx.run(
        `DELETE FROM page_tokens WHERE token_id = ?
         AND key_id IN (SELECT key_id FROM api_keys WHERE account_id = ?)`,
        [tokenId, account],
      );
      return changes === 1;
    });
  }

  async #origins(tx: ReadTx, keyId: string): Promise<string[]> {
    const rows = await tx.all('SELECT origin FROM page_origins WHERE key_id = ? ORDER BY origin', [keyId]);
    return z
      .array(OriginRow)
      .parse(rows)
      .map(({ origin }) => origin);
  }
}
