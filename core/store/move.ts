import { z } from 'zod';
import { LintelError } from '#contract';
import type { SqlStore } from './sql-store.ts';
import type { ReadTx, Transactions } from './sql/transactions.ts';

/** Rows that are read, and written in one transaction, unless a caller says otherwise. */
const BATCH = 500;

/** Values of one statement at most; SQLite takes 32,766, PostgreSQL 65,535. */
const VALUES = 5000;

/** Of one engine only, or of the process; codes of appliances that are about to join end with the move. */
const NOT_MOVED: ReadonlySet<string> = new Set(['sqlite_sequence', 'runner', 'pairing_codes']);

/** Triggers note what comes in `changes`, which are taken as they were; and look for conflicts when there is a tombstone. */
const FIRST = 'tombstones';
const LAST = 'changes';

const MARK = 'moving';

const TableRow = z.object({ name: z.string() });
const ColumnRow = z.object({ name: z.string(), pk: z.int() });
const ReferenceRow = z.object({ table: z.string() });
const CountRow = z.object({ count: z.int() });
const Row = z.record(z.string(), z.union([z.string(), z.number(), z.instanceof(Buffer), z.null()]));
type Row = z.infer<typeof Row>;
const CounterRow = z.object({ sequence: z.string().nullable() });
const SequenceRow = z.object({ last: z.int().nullable() });

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
}

/** Two stores, which nothing else writes meanwhile. */
export interface Move {
  readonly from: SqlStore;
  /** New, or what an interrupted move left. */
  readonly to: SqlStore;
  /** Which of them is a file. */
  readonly embedded: SqlStore;
}

/** @throws LintelError `store-moving` for a store that a move has not completed */
export function requireWhole(sql: Transactions): Promise<void> {
  return sql.read(async (tx) => {
    if (await isMarked(tx)) throw new LintelError('store-moving');
  });
}

/**
 * Copy all of a store into another one of another engine, and compare. Goes on where an earlier call was interrupted; until it
 * is complete, the other store does not open. The former one stays as it is, but for pairing codes that wait.
 * @param tell gets how many rows are there, of how many
 * @throws LintelError `usage` for a store that has something already, `store-corrupt` when they differ
 */
export async function moveStore(
  { from, to, embedded }: Move,
  tell: (rows: number, of: number) => void,
  batch = BATCH,
): Promise<void> {
  const [source, target] = [from.parts.sql, to.parts.sql];
  const tables = await embedded.parts.sql.read(tablesIn);
  await source.write((tx) => tx.run('DELETE FROM pairing_codes', []));
  await begin(to);
  const counts = await source.read((tx) => Array.fromAsync(tables, ({ name }) => countOf(tx, name)));
  const all = counts.reduce((sum, count) => sum + count, 0);
  let done = 0;
  for (const table of tables) {
    const present = await presentIn(target, table);
    done += present;
    let last = present === 0 ? null : await rowAt(source, table, present - 1);
    for (;;) {
      tell(done, all);
      const rows = await source.read((tx) => rowsAfter(tx, table, last, batch));
      if (rows.length === 0) break;
      await target.write(async (tx) => {
        const most = Math.floor(VALUES / table.columns.length);
        for (let i = 0; i < rows.length; i += most) {
          const { sql, values } = insertion(table, rows.slice(i, i + most));
          await tx.run(sql, values);
        }
      });
      done += rows.length;
      last = rows.at(-1)!;
    }
  }
  for (const table of tables) await setSequence(source, target, from === embedded, table);
  const isSame = (await from.stateHash()) === (await to.stateHash());
  const [here, there] = [await from.audit.head(), await to.audit.head()];
  if (!isSame || here.hash !== there.hash) throw new LintelError('store-corrupt', '(the copy differs)');
  await target.write((tx) => tx.run('DELETE FROM lineage WHERE name = ?', [MARK]));
}

const isMarked = async (tx: ReadTx): Promise<boolean> =>
  (await tx.get('SELECT 1 FROM lineage WHERE name = ?', [MARK])) !== undefined;

/** A new store has secrets of its own and a feed, which those of the other take the place of. */
async function begin(to: SqlStore): Promise<void> {
  await to.parts.sql.write(async (tx) => {
    if (await isMarked(tx)) return;
    for (const table of ['accounts', 'collections', 'audit_log', 'tombstones', 'devices']) {
      if ((await countOf(tx, table)) > 0)
        throw new LintelError('usage', 'There is something in the other store.');
    }
    for (const table of ['secrets', 'feed', 'lineage', 'upkeep']) await tx.run(`DELETE FROM ${table}`, []);
    await tx.run('INSERT INTO lineage (name, value) VALUES (?, ?)', [MARK, 'null']);
  });
}

/** In an order in which rows find those that they refer to. */
async function tablesIn(tx: ReadTx): Promise<Table[]> {
  const rows = await tx.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", []);
  const names = z
    .array(TableRow)
    .parse(rows)
    .map(({ name }) => name);
  const tables: Table[] = [];
  const add = async (name: string): Promise<void> => {
    if (NOT_MOVED.has(name) || tables.some((table) => table.name === name)) return;
    const references = await tx.all('SELECT "table" FROM pragma_foreign_key_list(?)', [name]);
    for (const { table } of z.array(ReferenceRow).parse(references)) if (table !== name) await add(table);
    const found = await tx.all('SELECT name, pk FROM pragma_table_info(?)', [name]);
    const columns = z.array(ColumnRow).parse(found);
    const key = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
    tables.push({ name, columns: columns.map((each) => each.name), key: key.map((each) => each.name) });
  };
  for (const name of [FIRST, ...names.filter((each) => each !== LAST), LAST]) await add(name);
  return tables;
}

/** How many rows are there already: they are the first ones, since they are written in the order in which they are read. */
function presentIn(target: Transactions, { name }: Table): Promise<number> {
  return target.write(async (tx) => {
    // Triggers have written some, and the move its mark.
    if (name === LAST) await tx.run(`DELETE FROM ${LAST}`, []);
    if (name === 'lineage') await tx.run('DELETE FROM lineage WHERE name <> ?', [MARK]);
    return name === 'lineage' ? 0 : await countOf(tx, name);
  });
}

const countOf = async (tx: ReadTx, table: string): Promise<number> =>
  CountRow.parse(await tx.get(`SELECT count(*) AS count FROM ${table}`, [])).count;

const rowAt = (sql: Transactions, { name, key }: Table, offset: number): Promise<Row> =>
  sql.read(async (tx) =>
    Row.parse(
      await tx.get(`SELECT ${key.join(', ')} FROM ${name} ORDER BY ${key.join(', ')} LIMIT 1 OFFSET ?`, [
        offset,
      ]),
    ),
  );

async function rowsAfter(
  tx: ReadTx,
  { name, columns, key }: Table,
  last: Row | null,
  limit: number,
): Promise<Row[]> {
  const after = last === null ? '' : `WHERE (${key.join(', ')}) > (${key.map(() => '?').join(', ')})`;
  const rows = await tx.all(
    `SELECT ${columns.map(quoted).join(', ')} FROM ${name} ${after} ORDER BY ${key.join(', ')} LIMIT ?`,
    [...(last === null ? [] : key.map((column) => last[column]!)), limit],
  );
  return z.array(Row).parse(rows);
}

function insertion({ name, columns }: Table, rows: readonly Row[]) {
  const one = `(${columns.map(() => '?').join(', ')})`;
  return {
    sql: `INSERT INTO ${name} (${columns.map(quoted).join(', ')}) VALUES ${rows.map(() => one).join(', ')}`,
    values: rows.flatMap((row) => columns.map((column) => row[column] ?? null)),
  };
}

const quoted = (column: string): string => `"${column}"`;

/** No id that was ever given is given again. Of some tables the file keeps no count: those go on after their highest id. */
async function setSequence(
  source: Transactions,
  target: Transactions,
  isFromFile: boolean,
  { name, key }: Table,
): Promise<void> {
  const column = key[0]!;
  const database = isFromFile ? target : source;
  const found = await database.read((tx) =>
    tx.get('SELECT pg_get_serial_sequence(?, ?) AS sequence', [name, column]),
  );
  const { sequence } = CounterRow.parse(found);
  if (sequence === null) return;
  const last = await source.read((tx) =>
    isFromFile
      ? tx.get(
          `SELECT max(id) AS last FROM (
             SELECT seq AS id FROM sqlite_sequence WHERE name = ? UNION ALL SELECT max(${column}) FROM ${name})`,
          [name],
        )
      : tx.get('SELECT pg_sequence_last_value(?::regclass) AS last', [sequence]),
  );
  const value = SequenceRow.parse(last).last;
  if (value === null || value === 0) return;
  await target.write(async (tx) => {
    if (isFromFile) await tx.get('SELECT setval(?::regclass, ?)', [sequence, value]);
    else if ((await tx.run('UPDATE sqlite_sequence SET seq = ? WHERE name = ?', [value, name])).changes === 0)
      await tx.run('INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)', [name, value]);
  });
}
