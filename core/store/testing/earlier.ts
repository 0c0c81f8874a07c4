import { createCipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { generateDeviceKey } from '#core/audit';
import type { KekProvider } from '../keys/kek-provider.ts';
import { sealTemplate } from '../keys/sealed-face.ts';
import { migrationsIn } from '../sql/migrations.ts';
import { MODEL, newTemplate } from './made-up-faces.ts';
import { A } from './store-per-test.ts';
import type { Cluster } from '../postgres/testing/cluster.ts';

/** The last version of the schema that kept texts in clear, and all keys under that of the store. */
const VERSION = 4;
const NOW = '2026-01-01T00:00:00.000Z';

/** Make a schema as that version left it, with one account, collection and face. */
export async function fillEarlier(
  cluster: Cluster,
  schema: string,
  provider: KekProvider,
  faceId: string,
): Promise<void> {
  const client = new Client({ connectionString: cluster.url, options: `-c search_path=${schema}` });
  await client.connect();
  await client.query(`CREATE SCHEMA ${schema}; CREATE TABLE migrations (number INTEGER PRIMARY KEY)`);
  for (const { number, file } of migrationsIn(new URL('../postgres/migrations/', import.meta.url))) {
    if (number > VERSION) break;
    await client.query(readFileSync(file, 'utf8'));
    await client.query('INSERT INTO migrations VALUES ($1)', [number]);
  }
  const dataKey = randomBytes(32);
  const sealed = (plain: Uint8Array): Buffer => sealedAsThen(dataKey, plain);
  const faceKey = randomBytes(32);
  const rows: [string, unknown[]][] = [
    [
      'INSERT INTO store_key VALUES (1, $1, $2)',
      [provider.kind, (await provider.wrap(dataKey)).toString('base64')],
    ],
    ["INSERT INTO feed VALUES ('0')", []],
    ["INSERT INTO secrets VALUES ('device-key', $1)", [sealed(generateDeviceKey())]],
    ["INSERT INTO secrets VALUES ('template-protection', $1)", [sealed(randomBytes(32))]],
    ["INSERT INTO accounts (account_id, name, created_at) VALUES ($1, 'Early', $2)", [A, NOW]],
    [
      "INSERT INTO collections (account, collection_id, created_at, updated_at) VALUES ($1, 'c', $2, $2)",
      [A, NOW],
    ],
    [
      `INSERT INTO faces (collection, face_id, external_key, metadata, created_at, updated_at)
       VALUES (1, $1, 'early', '{"name":"Ada"}', $2, $2)`,
      [faceId, NOW],
    ],
    ['INSERT INTO face_keys VALUES (1, $1)', [sealed(faceKey)]],
    [
      "INSERT INTO face_references (collection, face, quality, source, created_at) VALUES (1, 1, 1, 'api', $1)",
      [NOW],
    ],
    [
      'INSERT INTO templates VALUES (1, $1, $2)',
      [MODEL, sealed(sealTemplate(faceKey, faceId, MODEL, newTemplate()))],
    ],
  ];
  for (const [sql, values] of rows) await client.query(sql, values);
  await client.end();
}

function sealedAsThen(dataKey: Buffer, plain: Uint8Array): Buffer {
  const derived = (name: string) => Buffer.from(hkdfSync('sha256', dataKey, '', name, 32));
  const nonce = createHmac('sha256', derived('lintel postgres nonce')).update(plain).digest().subarray(0, 12);
  const cipher = createCipheriv('aes-256-gcm', derived('lintel postgres value'), nonce);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}
