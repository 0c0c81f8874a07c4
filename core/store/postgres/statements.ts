import type { Parameters } from '../sql/transactions.ts';

/** A statement as PostgreSQL takes it. */
interface Statement {
  /** Short, so that a connection plans it once. */
  readonly name: string;
  readonly text: string;
  /** The name of each parameter; null: they are given by position. */
  readonly names: readonly string[] | null;
}

const known = new Map<string, Statement>();

/** Texts and names in quotes, which stay, or a parameter. */
const TOKEN = /'[^']*'|"[^"]*"|\?|@(\w+)/g;

/** With parameters by number (`$1`) instead of `?` and `@name`. */
function statementOf(sql: string): Statement {
  let statement = known.get(sql);
  if (statement === undefined) {
    const names: string[] = [];
    let count = 0;
    const text = sql.replace(TOKEN, (token, name: string | undefined) => {
      if (token === '?') return `$${++count}`;
      if (name === undefined) return token;
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    });
    statement = { name: `s${known.size}`, text, names: names.length > 0 ? names : null };
    known.set(sql, statement);
  }
  return statement;
}

/** A statement with its values. */
export function queryOf(sql: string, parameters: Parameters) {
  const { name, text, names } = statementOf(sql);
  const values = isList(parameters) ? [...parameters] : (names ?? []).map((each) => parameters[each] ?? null);
  return { name, text, values };
}

const isList = (parameters: Parameters): parameters is Extract<Parameters, readonly unknown[]> =>
  Array.isArray(parameters);
