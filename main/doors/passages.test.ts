import Database from 'better-sqlite3-multiple-ciphers';
import { pino } from 'pino';
import { beforeEach, expect, it } from 'vitest';
import { LintelError } from '#contract';
import { LOCAL_ACCOUNT, newEventId, storeInFile, type NewSiteEvent, type SqlStore } from '#core/store';
import { migrate } from '../../core/store/migrations/migrate.ts';
import { newReference } from '../../core/store/testing/made-up-faces.ts';
import { createEventLog, eventOf } from './index.ts';

const ADA = `face_${'a'.repeat(32)}`;
const BEN = `face_${'b'.repeat(32)}`;
const CARD = `card_${'c'.repeat(16)}`;
const FRONT = { doorId: 'front', direction: 'in' } as const;
const NINE = Date.UTC(2026, 10, 25, 9);
const log = pino({ level: 'silent' });

/** `eventId` of each grant, by its name. */
let ids: Record<string, string>;

beforeEach(() => {
  ids = {};
});

function storeInMemory(): SqlStore {
  const database = new Database(':memory:');
  migrate(database);
  return storeInFile(database);
}

interface Happened {
  /** Of a grant. */
  readonly grant?: string;
  /** Of a grant: an operator notes it in place of a decision. */
  readonly byOperator?: true;
  /** The grant after which the door did not open. */
  readonly fault?: string;
  /** The grant after which it may not have. */
  readonly unanswered?: string;
  /** By default Ada, in. */
  readonly who?: Partial<Pick<NewSiteEvent, 'faceId' | 'cardId' | 'visitorId' | 'direction'>>;
}

const ada = { faceId: ADA };
const ben = { faceId: BEN };

const eventAt = (
  { grant, byOperator, fault, unanswered, who = ada }: Happened,
  minute: number,
): NewSiteEvent => {
  const event = {
    ...eventOf(
      grant === undefined ? 'door-fault' : byOperator ? 'visitor-signed-out' : 'decision',
      FRONT,
      null,
      new Date(NINE + minute * 60_000),
    ),
    ...who,
  };
  if (unanswered !== undefined) return { ...event, grantId: ids[unanswered]!, reasons: ['door-unanswered'] };
  if (grant === undefined) return { ...event, ...(fault !== undefined && { grantId: ids[fault]! }) };
  return { ...event, outcome: 'granted', eventId: (ids[grant] = newEventId()) };
};

const CASES: readonly [string, readonly Happened[], string, number | null][] = [
  ['none without a grant', [], ADA, null],
  ['the last grant', [{ grant: 'a' }, { grant: 'b' }], ADA, 1],
  ['none to whom the door did not open', [{ grant: 'a' }, { fault: 'a' }], ADA, null],
  ['the one before it', [{ grant: 'a' }, { grant: 'b' }, { fault: 'b' }], ADA, 0],
  ['the one after it', [{ grant: 'a' }, { grant: 'b' }, { fault: 'a' }], ADA, 1],
  ['none of two that failed', [{ grant: 'a' }, { grant: 'b' }, { fault: 'a' }, { fault: 'b' }], ADA, null],
  [
    'the one before two that failed',
    [{ grant: 'a' }, { grant: 'b' }, { grant: 'c' }, { fault: 'b' }, { fault: 'c' }],
    ADA,
    0,
  ],
  [
    'a grant whatever is told of another person',
    [{ grant: 'a' }, { grant: 'b', who: ben }, { fault: 'b', who: ben }],
    ADA,
    0,
  ],
  ['a grant whatever is told of the door', [{ grant: 'a' }, { who: { faceId: null } }], ADA, 0],
  [
    'one by card',
    [
      { grant: 'a', who: { cardId: CARD } },
      { grant: 'b', who: { cardId: CARD } },
      { fault: 'b', who: { cardId: CARD } },
    ],
    CARD,
    0,
  ],
  ['one to whom the door may not have opened', [{ grant: 'a' }, { grant: 'b' }, { unanswered: 'b' }], ADA, 1],
];

it.each(CASES)('is %s, kept or not kept yet', async (_, happened, id, minute) => {
  // What is kept, and then what waits for a disk that takes nothing: all, all but the first, and so on.
  for (let kept = 0; kept <= happened.length; kept++) {
    const store = storeInMemory();
    const { events } = store;
    const waiting = createEventLog(
      {
        add: () => Promise.reject(new LintelError('store-full')),
        lastPassage: (...asked) => events.lastPassage(...asked),
      },
      log,
    );
    for (const [n, each] of happened.entries()) {
      await (n < kept ? events : waiting).add(eventAt(each, n));
    }
    const passage = await waiting.lastPassage(id);
    expect(passage?.at.getTime() ?? null).toBe(minute === null ? null : NINE + minute * 60_000);
    expect(passage?.isCertain ?? true).toBe(!happened.some(({ unanswered }) => unanswered !== undefined));
    await store.close();
  }
});

const IN = { faceId: null, direction: 'in' } as const;
const OUT = { faceId: null, direction: 'out' } as const;

it.each<[string, readonly Happened[], number | null, number | null]>([
  [
    'none to whom the door did not open',
    [
      { grant: 'a', who: IN },
      { fault: 'a', who: IN },
    ],
    null,
    null,
  ],
  [
    'one who came in after it had not opened',
    [
      { grant: 'a', who: IN },
      { grant: 'b', who: IN },
      { fault: 'a', who: IN },
    ],
    1,
    null,
  ],
  [
    'one to whom it did not open to leave',
    [
      { grant: 'a', who: IN },
      { grant: 'b', who: OUT },
      { fault: 'b', who: OUT },
    ],
    0,
    null,
  ],
  [
    'none who was let out after it had not opened',
    [
      { grant: 'a', who: IN },
      { grant: 'b', who: OUT },
      { grant: 'c', who: OUT },
      { fault: 'b', who: OUT },
    ],
    0,
    2,
  ],
  [
    'none whom an operator signed out before it had not opened',
    [
      { grant: 'a', who: IN },
      { grant: 'b', who: OUT },
      { grant: 'c', who: OUT, byOperator: true },
      { fault: 'b', who: OUT },
    ],
    0,
    2,
  ],
  ...[
    ['b', 'c'],
    ['c', 'b'],
  ].map((faults): [string, readonly Happened[], number, null] => [
    `one to whom it opened neither time to leave, told in the order ${faults.join()}`,
    [
      { grant: 'a', who: IN },
      { grant: 'b', who: OUT },
      { grant: 'c', who: OUT },
      ...faults.map((fault) => ({ fault, who: OUT })),
    ],
    0,
    null,
  ]),
  [
    'one who tried again to leave before it was known that it had not opened',
    [
      { grant: 'a', who: IN },
      { grant: 'b', who: OUT },
      { grant: 'c', who: IN },
      { fault: 'b', who: OUT },
      { fault: 'c', who: IN },
    ],
    0,
    null,
  ],
  [
    'none who left, and to whom it did not open again',
    [
      { grant: 'a', who: IN },
      { grant: 'b', who: OUT },
      { grant: 'c', who: IN },
      { fault: 'c', who: IN },
    ],
    0,
    1,
  ],
])('of visitors, here is %s', async (_, happened, cameIn, left) => {
  const store = storeInMemory();
  const [from, until] = [0, 1].map((day) => new Date(NINE + day * 86_400_000).toISOString()) as [
    string,
    string,
  ];
  const expected = { name: 'Noor', host: null, hostEmail: null, from, until };
  const { visitorId } = (await store.visitors.add(expected, Uint8Array.of(1)))!;
  for (const [n, each] of happened.entries()) {
    await store.events.add(eventAt({ ...each, who: { ...each.who, visitorId } }, n));
  }
  const at = (minute: number | null) =>
    minute === null ? null : new Date(NINE + minute * 60_000).toISOString();
  expect(await store.visitors.get(visitorId)).toMatchObject({
    signedInAt: at(cameIn),
    signedOutAt: at(left),
  });
  await store.close();
});

it('here is everybody who may have come in, and who may not have left', async () => {
  const store = storeInMemory();
  await store.createCollection(LOCAL_ACCOUNT, 'default');
  const enrol = (faceId: string, name: string) =>
    store.addFace(LOCAL_ACCOUNT, 'default', { faceId, references: [newReference()], metadata: { name } });
  await enrol(ADA, 'Ada');
  await enrol(BEN, 'Ben');
  const happened: readonly Happened[] = [
    { grant: 'a' },
    { unanswered: 'a' },
    { grant: 'b', who: ben },
    { grant: 'c', who: { ...ben, direction: 'out' } },
    { unanswered: 'c', who: { ...ben, direction: 'out' } },
  ];
  for (const [n, each] of happened.entries()) await store.events.add(eventAt(each, n));
  const here = async () => (await store.visitors.present(new Date(NINE))).map(({ name }) => name);
  expect(await here()).toEqual(['Ada', 'Ben']);
  await store.events.add(eventAt({ grant: 'd', who: { ...ben, direction: 'out' } }, 9));
  expect(await here()).toEqual(['Ada']);
  await store.close();
});
