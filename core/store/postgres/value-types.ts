import { types, type CustomTypesConfig } from 'pg';
import type { SealedValues } from './sealed-values.ts';

/** Oids of `bytea`, `bigint` and `numeric`. */
const [BYTEA, BIGINT, NUMERIC] = [17, 20, 1700] as const;

/** How columns are read: numbers as numbers, sealed values opened. */
export function typesOf(values: SealedValues): CustomTypesConfig {
  return {
    getTypeParser: (oid: number, format?: 'text' | 'binary') => {
      if (oid === BIGINT || oid === NUMERIC) return Number;
      const parse = types.getTypeParser(oid, format) as (text: string) => unknown;
      if (oid !== BYTEA) return parse;
      return (text: string) => values.unseal(parse(text) as Buffer);
    },
  };
}
