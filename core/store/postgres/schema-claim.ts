import { Client, type ClientConfig } from 'pg';
import { z } from 'zod';
import { fromPostgres } from './postgres-errors.ts';

const ClaimRow = z.object({ isMine: z.boolean() });

const CLAIM = `SELECT pg_try_advisory_lock(hashtextextended('lintel server ' || $1, 0)) AS "isMine"`;

/**
 * The right of one server to a schema. It lasts as long as one connection: the database gives it back however the process
 * ends, but also when that connection breaks, after which another server may have it.
 */
export class SchemaClaim {
  readonly #config: ClientConfig;
  readonly #schema: string;
  #client: Client | null = null;
  #taking: Promise<boolean> | null = null;

  constructor(config: ClientConfig, schema: string) {
    this.#config = config;
    this.#schema = schema;
  }

  /**
   * Take the schema, unless it is held. @returns whether it is held now; else another server has it
   * @throws LintelError `store-busy` when the database does not answer
   */
  async take(): Promise<boolean> {
    if (this.#client !== null) return true;
    this.#taking ??= this.#connect().finally(() => (this.#taking = null));
    return await this.#taking;
  }

  async release(): Promise<void> {
    await this.#client?.end().catch(() => {});
  }

  async #connect(): Promise<boolean> {
    const client = new Client(this.#config);
    client.on('error', () => {});
    client.on('end', () => {
      if (this.#client === client) this.#client = null;
    });
    try {
      await client.connect();
      const { rows } = await client.query(CLAIM, [this.#schema]);
      const { isMine } = ClaimRow.parse(rows[0]);
      if (isMine) this.#client = client;
      else await client.end();
      return isMine;
    } catch (error) {
      await client.end().catch(() => {});
      throw fromPostgres(error);
    }
  }
}
