import type { ClientBase } from 'pg';
import { z } from 'zod';
import { isSealedType, type SealedValues } from './sealed-values.ts';
import { typesOf } from './value-types.ts';

/** Rows that are sealed anew in one transaction, which holds their writers up for milliseconds. */
const BATCH = 200;

const START = '(0,0)';

const ColumnRow = z.object({ table: z.string(), column: z.string(), type: z.string() });
const Row = z.looseObject({ at: z.string() });
const Left = z.object({ isLeft: z.boolean() });

/** A table with columns that lie under epochs. */
interface Table {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

type Client = Pick<ClientBase, 'query'>;

/** Every table of which something lies under epochs. */
export async function tablesUnderEpochs(client: Client): Promise<Table[]> {
  const { rows } = await client.query(
    `SELECT table_name AS table, column_name AS column, domain_name AS type FROM information_schema.columns
     WHERE table_schema = current_schema() AND domain_name IN ('sealed', 'searchable') ORDER BY 1, 2`,
  );
  const byTable = Map.groupBy(z.array(ColumnRow).parse(rows), ({ table }) => table);
  return Array.from(byTable, ([name, columns]) => ({
    name,
    columns: columns.map(({ column, type }) => ({ name: column, type })),
  }));
}

/**
 * Seal the rows of a table under the newest epoch that lie under one before a number. Rows that a writer holds are left out:
 * nobody waits for each other.
 * @param within runs some of it in a transaction
 * @returns how many
 */
export async function reseal(
  values: SealedValues,
  table: Table,
  before: number,
  within: (work: (client: Client) => Promise<Sealed | null>) => Promise<Sealed | null>,
): Promise<number> {
  let count = 0;
  let at = START;
  for (;;) {
    const after = at;
    const some = await within((client) => resealSome(client, values, table, before, after));
    if (some === null) return count;
    count += some.count;
    at = some.at;
  }
}

/** How many rows were sealed, and where they ended. */
interface Sealed {
  readonly count: number;
  readonly at: string;
}

/** The next rows. @returns null: there was none */
async function resealSome(
  client: Client,
  values: SealedValues,
  { name, columns }: Table,
  before: number,
  after: string,
): Promise<Sealed | null> {
  // Triggers tell replicas what changed, which this does not.
  await client.query("SET LOCAL lintel.resealing = 'on'");
  const { rows } = await client.query({
    text: `SELECT ctid::text AS at, ${columns.map((each) => each.name).join(', ')} FROM ${name}
      WHERE ctid > $1::tid AND (${areOlder(columns, '$2')}) LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
    values: [after, before],
    types: typesOf(values),
  });
  if (rows.length === 0) return null;
  const found = z.array(Row).parse(rows);
  const resealed = columns.map((column) =>
    found.map((row) => {
      const value = row[column.name];
      const isValue = typeof value === 'string' || Buffer.isBuffer(value);
      return isValue && isSealedType(column.type) ? values.seal(column.type, value) : null;
    }),
  );
  await client.query(
    `UPDATE ${name} SET ${columns.map((each, i) => `${each.name} = resealed.value${i}`).join(', ')}
     FROM unnest($1::tid[], ${columns.map((_, i) => `$${i + 2}::bytea[]`).join(', ')})
       AS resealed (at, ${columns.map((_, i) => `value${i}`).join(', ')})
     WHERE ${name}.ctid = resealed.at`,
    [found.map(({ at }) => at), ...resealed],
  );
  return { count: found.length, at: found.at(-1)!.at };
}

/** Whether anything of a table lies under an epoch before a number. */
export async function isLeftBefore(
  client: Client,
  { name, columns }: Table,
  before: number,
): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT EXISTS (SELECT 1 FROM ${name} WHERE ${areOlder(columns, '$1')}) AS "isLeft"`,
    [before],
  );
  return Left.parse(rows[0]).isLeft;
}

const areOlder = (columns: Table['columns'], before: string): string =>
  columns.map(({ name }) => `epoch_of(${name}) < ${before}`).join(' OR ');
