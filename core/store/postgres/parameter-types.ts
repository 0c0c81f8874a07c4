import type { PoolClient, QueryResult } from 'pg';
import { z } from 'zod';

const Types = z.tuple([z.object({ types: z.array(z.string()) })]);

/** By the text of a statement: they follow from the columns that its parameters are put into or compared with. */
const known = new Map<string, readonly string[]>();

/**
 * The type of each parameter of a statement, as PostgreSQL infers it; of a statement without texts and bytes nobody asks. Takes
 * a round trip the first time.
 */
export async function parameterTypes(
  client: PoolClient,
  { text, values }: { readonly text: string; readonly values: readonly unknown[] },
): Promise<readonly string[]> {
  if (!values.some((value) => typeof value === 'string' || Buffer.isBuffer(value))) return [];
  let types = known.get(text);
  if (types === undefined) {
    const results: unknown = await client.query(
      `PREPARE described AS ${text};
       SELECT array_to_json(parameter_types::text[]) AS types FROM pg_prepared_statements WHERE name = 'described';
       DEALLOCATE described`,
    );
    [{ types }] = Types.parse((results as QueryResult[])[1]!.rows);
    known.set(text, types);
  }
  return types;
}
