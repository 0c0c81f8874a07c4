import { EventQuery, LintelError, oneLine, type KeptEvent } from '#contract';
import { LOCAL_ACCOUNT, type SqlStore } from '#core/store';
import type { Answer } from './commands.ts';
import { said } from './documents.ts';
import { faceIdNamed } from './face-named.ts';
import { periodGiven } from './moments.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

interface Listing extends InStore {
  readonly limit: number;
  readonly kind?: string;
  readonly outcome?: string;
  readonly face?: string;
  readonly key?: string;
  readonly collection?: string;
  readonly from?: string;
  readonly until?: string;
  readonly csv?: true;
}

/** A page at a time: a long list is not held in one transaction. */
const PAGE = 500;

/** What happened here, the newest first. @throws LintelError `usage`, `face-not-found` */
export async function listEvents(options: Listing): Promise<Answer> {
  return await withStore(options, async (store) => {
    const query = EventQuery.safeParse({
      kinds: options.kind?.split(','),
      outcomes: options.outcome?.split(','),
      faceId: await faceOf(store, options),
      ...periodGiven(options),
    });
    if (!query.success) {
      throw new LintelError('usage', said(query.error));
    }
    const events: KeptEvent[] = [];
    while (events.length < options.limit) {
      const limit = Math.min(PAGE, options.limit - events.length);
      const page = await store.events.list({ ...query.data, limit, before: events.at(-1)?.number ?? null });
      events.push(...page);
      if (page.length < limit) break;
    }
    return { json: { events }, text: options.csv ? csvOf(events) : listed(events) };
  });
}

async function faceOf(store: SqlStore, { collection, ...named }: Listing): Promise<string | null> {
  if (named.key === undefined) return named.face ?? null;
  if (collection === undefined) throw new LintelError('usage', 'Name the collection of the external key.');
  return await faceIdNamed(named, (each) => store.faceIdsByExternalKey(LOCAL_ACCOUNT, collection, each));
}

const listed = (events: readonly KeptEvent[]): string =>
  table(
    ['At', 'What', 'Outcome', 'Who', 'Reasons', 'Detail'],
    events.map(({ at, kind, outcome, name, externalKey, faceId, reasons, detail }) => [
      at,
      kind,
      outcome,
      name ?? externalKey ?? faceId,
      reasons.join(','),
      detail,
    ]),
    'Nothing happened.',
  );

const COLUMNS = [
  'number',
  'eventId',
  'at',
  'kind',
  'doorId',
  'direction',
  'outcome',
  'reasons',
  'level',
  'faceId',
  'externalKey',
  'name',
  'visitId',
  'detail',
] as const satisfies readonly (keyof KeptEvent)[];

/** As RFC 4180 has it but for its line breaks, a header first. */
const csvOf = (events: readonly KeptEvent[]): string =>
  [COLUMNS, ...events.map((event) => COLUMNS.map((column) => event[column]))]
    .map((row) => row.map(cell).join(','))
    .join('\n');

/** A table program takes what begins so for a formula: a name must not be one. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: string | number | readonly string[] | null): string {
  const text = typeof value === 'object' ? (value ?? []).join(' ') : String(value);
  const plain = oneLine(FORMULA.test(text) ? `'${text}` : text);
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
