import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AccessPolicy,
  DEFAULT_POLICY,
  DoorConfig,
  EventQuery,
  LintelError,
  PersonAccess,
  type Decision,
} from '#contract';
import { LOCAL_ACCOUNT, newEventId, type NewSiteEvent, type SqlStore, UnsyncedError } from '#core/store';
import { applyRetention, trustClock } from '#core/upkeep';
import { newReference } from '../../core/store/testing/made-up-faces.ts';
import { temporaryStore } from '../../core/store/testing/temporary-store.ts';
import type { Admission, VisitRecord } from '../session/index.ts';
import {
  createAdmit,
  createDoor,
  createEventLog,
  eventOf,
  eventsOfVisits,
  pulseOnGrant,
  type EventLog,
} from './index.ts';

const ADA = `face_${'a'.repeat(32)}`;
const NOON = '2026-11-25T12:00:00.000Z';
const DOOR = DoorConfig.parse({
  doorId: 'front',
  direction: 'in',
  actuator: { kind: 'command', open: ['/bin/true'], close: ['/bin/true'] },
});
const log = pino({ level: 'silent' });

let store: SqlStore;

beforeEach(async () => {
  const place = await temporaryStore();
  ({ store } = place);
  await store.createCollection(LOCAL_ACCOUNT, 'default');
  await store.addFace(LOCAL_ACCOUNT, 'default', {
    faceId: ADA,
    externalKey: 'e-1',
    references: [newReference()],
    metadata: { name: 'Ada' },
  });
  await trustClock(store, new Date(NOON));
  return place.remove;
});

const granted = (faceId: string | null): Decision => ({
  outcome: 'granted',
  reasons: ['match'],
  hints: [],
  person: { faceId, name: null },
});

const ask = ({
  at = NOON,
  faceId = ADA,
  level = 'steps',
  door = null,
  events = createEventLog(store.events, log),
}: {
  at?: string;
  faceId?: string | null;
  level?: 'steps' | 'presence';
  door?: DoorConfig | null;
  events?: EventLog;
} = {}): Promise<Admission> => {
  const place = { store, door, events, collectionId: () => 'default', log };
  return createAdmit({ ...place, now: () => new Date(at) })(granted(faceId), level);
};
const reasonOf = async (options: Parameters<typeof ask>[0] = {}) => (await ask(options)).decision.reasons[0];

const note = (access: Partial<PersonAccess>) =>
  store.setMetadata(LOCAL_ACCOUNT, 'default', ADA, { access: PersonAccess.parse(access) });
const staffOnly = AccessPolicy.parse({ timeZone: 'UTC', rules: [{ groups: ['staff'] }] });

describe('admission', () => {
  it('without rules and door lets in who was recognised, also a person that only the server knows', async () => {
    expect((await ask({ level: 'presence' })).decision).toEqual(granted(ADA));
    expect((await ask({ faceId: null })).decision).toEqual(granted(null));
  });

  it.each([':/etc/localtime', '/usr/share/zoneinfo/Europe/Berlin', '', 'Nowhere/Else'])(
    'without rules goes by UTC where the time zone of the machine has no name: %j',
    async (zone) => {
      vi.stubEnv('TZ', zone);
      expect(await reasonOf()).toBe('match');
      await note({ validUntil: '2026-11-25' });
      expect(await reasonOf({ at: '2026-11-25T23:30:00Z' })).toBe('match');
      expect(await reasonOf({ at: '2026-11-26T00:30:00Z' })).toBe('access-expired');
    },
  );

  it('at a door asks for more than recognition, and for a person who is known here', async () => {
    // The one that opens since the start, whatever was set or removed since.
    const door = DOOR;
    expect(await store.door.config()).toBe(null);
    expect(await reasonOf({ door })).toBe('match');
    expect(await reasonOf({ door, level: 'presence' })).toBe('access-assurance');
    expect(await reasonOf({ door, faceId: null })).toBe('access-unknown');
  });

  it('goes by rules and notes as they are at that moment', async () => {
    await store.door.setPolicy(staffOnly);
    expect(await ask()).toEqual({
      decision: { outcome: 'denied', reasons: ['access-denied'], hints: [], person: null },
      detail: 'no rule for this person here',
    });
    await note({ groups: ['staff'] });
    expect(await reasonOf()).toBe('match');
    await note({ groups: ['staff'], validUntil: '2026-11-24' });
    expect(await reasonOf()).toBe('access-expired');
    await store.door.setPolicy(null);
    expect(await reasonOf()).toBe('access-expired');
  });

  it('denies what asks for the time by a clock from before the program', async () => {
    await note({ validUntil: '2099-01-01' });
    expect(await reasonOf({ at: '1970-01-01T00:05:00Z' })).toBe('access-unknown');
  });

  it('denies by a clock that contradicts what was known', async () => {
    await note({ validUntil: '2099-01-01' });
    const policy = { keepImages: 'always', keepAuditDays: 365, keepEventDays: 90 } as const;
    const at = '2040-01-01T00:00:00Z';
    expect(await reasonOf({ at })).toBe('access-unknown');
    await expect(applyRetention(store, policy, new Date(at))).rejects.toMatchObject({
      code: 'clock-implausible',
    });
    expect(await reasonOf({ at })).toBe('access-unknown');
    // It is right again.
    expect(await reasonOf()).toBe('match');
  });

  it('lets nobody in whose time is over by a clock that was set back', async () => {
    await note({ validUntil: '2026-06-30' });
    expect(await reasonOf()).toBe('access-expired');
    expect(await reasonOf({ at: '2026-06-01T12:00:00Z' })).toBe('access-unknown');
  });

  it('denies rules that this version cannot read, a face that is gone, and a store that is closed', async () => {
    await store.setSecret('door.policy', Buffer.from('{"rules":"all"}'));
    expect(await reasonOf()).toBe('access-unknown');
    await store.door.setPolicy(staffOnly);
    expect(await reasonOf({ faceId: `face_${'b'.repeat(32)}` })).toBe('access-unknown');
    const events = createEventLog(store.events, log);
    const admit = createAdmit({ store, door: null, events, collectionId: () => 'elsewhere', log });
    expect((await admit(granted(ADA), 'steps')).detail).toBe('collection-not-found');
  });

  it('goes by the rules of the server where it has some, and denies those that cannot be read', async () => {
    const join = (access: unknown) =>
      store.setSecret(
        'sync.server',
        Buffer.from(
          JSON.stringify({
            mode: 'feed',
            origin: 'https://server',
            deviceId: `dev_${'0'.repeat(32)}`,
            deviceKey: 'key',
            templateSecret: 'AAAA',
            serverKey: `${'A'.repeat(59)}=`,
            policy: { ...DEFAULT_POLICY, access },
            revoked: false,
            allowHttp: false,
          }),
        ),
      );
    await store.door.setPolicy(staffOnly);
    await join(AccessPolicy.parse({ timeZone: 'UTC', rules: [{}] }));
    expect(await reasonOf()).toBe('match');
    await join({ rules: 'all' });
    expect(await ask()).toMatchObject({
      decision: { outcome: 'denied', reasons: ['access-unknown'] },
      detail: 'access-unreadable',
    });
    await join(null);
    expect(await reasonOf()).toBe('access-denied');
  });

  it('knows the last passage from the events', async () => {
    const antiPassback = { kind: 'direction', forgetAfterMinutes: 60 };
    const door = DOOR;
    await store.door.setPolicy(AccessPolicy.parse({ timeZone: 'UTC', rules: [{}], antiPassback }));
    expect(await reasonOf({ door })).toBe('match');
    const decided = { ...eventOf('decision', DOOR, null, new Date('2026-11-25T11:30:00Z')), faceId: ADA };
    await store.events.add({ ...decided, outcome: 'denied' });
    expect(await reasonOf({ door })).toBe('match');
    // The disk takes nothing: what waits for it counts.
    const full = {
      add: () => Promise.reject(new LintelError('store-full')),
      lastPassage: (faceId: string) => store.events.lastPassage(faceId),
    };
    const events = createEventLog(full, log);
    await events.add({ ...decided, outcome: 'denied' });
    expect(await reasonOf({ door, events })).toBe('match');
    await events.add({ ...decided, outcome: 'granted' });
    expect(await reasonOf({ door, events })).toBe('access-passback');
    await store.events.add({ ...decided, outcome: 'granted' });
    expect(await reasonOf({ door })).toBe('access-passback');
  });

  it('counts no passage of a door that did not open', async () => {
    const antiPassback = { kind: 'direction', forgetAfterMinutes: 1440 };
    await store.door.setPolicy(AccessPolicy.parse({ timeZone: 'UTC', rules: [{}], antiPassback }));
    const present = async () =>
      (await store.visitors.present(new Date('2026-11-25'))).map(({ name }) => name);
    const told = Promise.withResolvers<void>();
    let isBroken = true;
    const events = createEventLog(store.events, log);
    const door = createDoor({
      config: { ...DOOR, pulseMs: 1 },
      actuator: {
        open: () => (isBroken ? Promise.reject(new Error('no relay')) : Promise.resolve()),
        close: () => Promise.resolve(),
        end: () => Promise.resolve(),
      },
      tell: (kind, detail, whom) =>
        void events
          .add({ ...eventOf(kind, DOOR, detail, new Date('2026-11-25T11:31:00Z')), ...whom })
          .then(told.resolve),
      log,
    });
    const tell = [eventsOfVisits(events, DOOR), pulseOnGrant(door)];
    const pass = async (): Promise<void> => {
      const time = '2026-11-25T11:30:00.000Z';
      const passage = { ...visit, eventId: newEventId(), time, outcome: 'granted' } as const;
      for (const listener of tell) await listener(passage);
    };
    await expect.poll(() => door.pulse()).toBe(true);
    isBroken = true;
    await pass();
    await told.promise;
    expect(await store.events.lastPassage(ADA)).toBe(null);
    expect(await present()).toEqual([]);
    expect(await reasonOf({ door: DOOR, events })).toBe('match');
    isBroken = false;
    await pass();
    await door.end();
    await events.kept();
    expect(await present()).toEqual(['Ada']);
    expect(await reasonOf({ door: DOOR, events })).toBe('access-passback');
  });

  it('is set under the eyes of the audit log', async () => {
    await store.as('command-line').door.setPolicy(staffOnly);
    await store.as('command-line').door.setConfig(null);
    const lines = await Array.fromAsync(store.audit.lines());
    expect(lines.at(-2)).toContain('"actor":"command-line","entry":{"kind":"access-policy-set","rules":1}');
    expect(lines.at(-1)).toContain('"kind":"door-set","doorId":null');
  });
});

const listed = (query: Partial<EventQuery> = {}) => store.events.list(EventQuery.parse(query));
const visit: VisitRecord = {
  eventId: `evt_${'0'.repeat(32)}`,
  visitId: 'visit_1',
  time: NOON,
  outcome: 'denied',
  reasons: ['access-schedule'],
  level: 'steps',
  faceId: ADA,
  detail: 'office',
  challenge: [],
  scores: null,
};

describe('events', () => {
  it('say who, where, when, what and why, and the name only as long as the face is there', async () => {
    await eventsOfVisits(createEventLog(store.events, log), DOOR)(visit);
    const event = {
      at: NOON,
      kind: 'decision',
      doorId: 'front',
      direction: 'in',
      faceId: ADA,
      detail: 'office',
    };
    expect(await listed()).toMatchObject([{ ...event, name: 'Ada', externalKey: 'e-1', number: 1 }]);
    await store.erase(LOCAL_ACCOUNT, { faceId: ADA });
    expect(await listed()).toMatchObject([{ ...event, name: null, externalKey: null }]);
  });

  it('are found by kind, outcome, face and time, page by page', async () => {
    const at = (minute: number): Date => new Date(Date.UTC(2026, 10, 25, 12, minute));
    for (let i = 0; i < 6; i++) {
      const kind = i % 2 === 0 ? 'decision' : 'tamper';
      await store.events.add({
        ...eventOf(kind, null, null, at(i)),
        ...(kind === 'decision' && { outcome: i === 0 ? 'granted' : 'denied', faceId: i === 2 ? ADA : null }),
      });
    }
    const numbers = async (query: Partial<EventQuery>) => (await listed(query)).map(({ number }) => number);
    expect(await numbers({ limit: 4 })).toEqual([6, 5, 4, 3]);
    expect(await numbers({ limit: 4, before: 3 })).toEqual([2, 1]);
    expect(await numbers({ kinds: ['tamper'] })).toEqual([6, 4, 2]);
    expect(await numbers({ outcomes: ['denied'] })).toEqual([5, 3]);
    expect(await numbers({ faceId: ADA })).toEqual([3]);
    expect(await numbers({ from: at(1).toISOString(), until: at(3).toISOString() })).toEqual([3, 2]);
  });

  it('leave with their age, and those of a wrong clock with their neighbours', async () => {
    for (const at of [
      '2026-01-01T00:00:00Z',
      '1970-01-01T00:00:00Z',
      '2099-01-01T00:00:00Z',
      '2026-02-01T00:00:00Z',
    ]) {
      await store.events.add(eventOf('tamper', null, null, new Date(at)));
    }
    for (const at of ['2026-11-20T00:00:00Z', '1970-01-01T00:00:00Z']) {
      await store.events.add(eventOf('tamper', null, null, new Date(at)));
    }
    const times = { before: new Date('2026-11-01'), earliest: new Date('2025-01-01'), now: new Date(NOON) };
    expect(await store.events.prune(times)).toBe(4);
    expect((await listed()).map(({ number }) => number)).toEqual([6, 5]);
  });

  it('that cannot be kept now are kept with the next, in order', async () => {
    let isFull = true;
    const added: NewSiteEvent[] = [];
    const heard: string[] = [];
    const events = createEventLog(
      {
        add: (event) => {
          if (isFull) return Promise.reject(new LintelError('store-full'));
          added.push(event);
          return store.events.add(event);
        },
        lastPassage: () => Promise.resolve(null),
      },
      log,
    );
    events.listen(() => {
      throw new Error('a listener that fails');
    });
    events.listen(({ kind }) => heard.push(kind));
    await events.add(eventOf('tamper', null));
    await events.add(eventOf('door-forced', null));
    expect(added).toEqual([]);
    isFull = false;
    await events.add(eventOf('door-closed', null));
    expect(added.map(({ kind }) => kind)).toEqual(['tamper', 'door-forced', 'door-closed']);
    expect(heard).toEqual(['tamper', 'door-forced', 'door-closed']);
  });

  it('that the disk has not confirmed are kept and told once', async () => {
    const heard: string[] = [];
    const events = createEventLog(
      {
        add: async (event) => {
          throw new UnsyncedError(new LintelError('disk-failing'), await store.events.add(event));
        },
        lastPassage: (...asked) => store.events.lastPassage(...asked),
      },
      log,
    );
    events.listen(({ kind }) => heard.push(kind));
    await events.add(eventOf('tamper', null));
    await events.add(eventOf('tamper-ended', null));
    expect(heard).toEqual(['tamper', 'tamper-ended']);
    expect((await listed()).map(({ kind }) => kind)).toEqual(['tamper-ended', 'tamper']);
  });
});
