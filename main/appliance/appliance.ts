import { join } from 'node:path';
import { LintelError, type ApplianceStatus, type KioskEvent, type KioskEventBody } from '#contract';
import { createAccessCodes, type AccessCodes } from '#core/gallery';
import type { SamePerson } from '#core/liveness';
import { MARGIN } from '#core/matching';
import { createLockout } from '../lockout.ts';
import { createLog, type Log } from '../log.ts';
import { createOperator, createSignIn, type Operator } from '../operator/index.ts';
import {
  createCodeDesk,
  createDoorkeeper,
  createFrameMemory,
  createVisits,
  type DecideCode,
  type Doorkeeper,
  type FrameMemory,
  type People,
  type RecordVisit,
} from '../session/index.ts';
import { openSettings, type SettingsStore } from '../settings/index.ts';
import { createDispatcher, type Dispatch, type Handlers } from './dispatcher.ts';
import { openEngine, type Engine, type EngineOptions } from './engine.ts';
import { enrolPerson } from './people.ts';

/** False-match rates at which two templates of one visit are taken for two people; turned faces are less alike. */
const ONE_PERSON_RATE = { frontal: 1e-3, turned: 1e-2 };

/** The store's secret that counts the failed visits in a row. */
const PAUSE_ROW = 'kiosk.pause';

export interface ApplianceOptions extends EngineOptions {
  readonly version: string;
  readonly log?: Log;
  /** Takes what remains of each decided visit; by default it is logged without naming the person. */
  readonly recordVisit?: RecordVisit;
  /** Monotonic clock in milliseconds that visits are timed by. */
  readonly now?: () => number;
}

/** What the appliance tells one screen unasked. */
export type Emit = <E extends KioskEvent>(event: E, body: KioskEventBody<E>) => void;

/** One screen: its own sign-in, its own visits. */
export interface KioskConnection {
  /** Answers a request of the kiosk contract; never rejects. */
  readonly handle: Dispatch;
  close(): void;
}

export interface Appliance {
  connect(emit: Emit): KioskConnection;
  close(): Promise<void>;
}

/**
 * Opens store, networks and settings, and answers screens.
 * @throws LintelError `settings-corrupt`, and what `openEngine` throws
 */
export async function openAppliance(options: ApplianceOptions): Promise<Appliance> {
  const { version, log = createLog(), recordVisit = logVisits(log), now, ...engineOptions } = options;
  const settings = await openSettings(join(options.dataDir, 'settings.json'));
  const engine = await openEngine(engineOptions);
  try {
    const { collectionId } = settings.current;
    await engine.gallery.ensureCollection(collectionId);
    await engine.gallery.preload(collectionId);
    const operator = createOperator(engine.store);
    return createAppliance({ engine, settings, operator, version, log, recordVisit, now });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

interface Parts {
  readonly engine: Engine;
  readonly settings: SettingsStore;
  readonly operator: Operator;
  readonly version: string;
  readonly log: Log;
  readonly recordVisit: RecordVisit;
  readonly now: (() => number) | undefined;
}

function logVisits(log: Log): RecordVisit {
  return ({ faceId: _, ...record }) => log.info({ visit: record }, 'decided');
}

function createAppliance(parts: Parts): Appliance {
  const { engine, settings, operator, version } = parts;
  const screens = new Set<Emit>();
  const people = peopleOf(engine, settings);
  const memory = createFrameMemory();

  const status = async (): Promise<ApplianceStatus> => ({
    version,
    settings: settings.current,
    enrolledCount: await people.count(),
    pinIsSet: await operator.pinIsSet(),
    pausedForMs: Math.ceil(await doorkeeper.pausedFor()),
  });
  const announceStatus = async (): Promise<void> => {
    const body = await status();
    for (const emit of screens) emit('appliance.status-changed', body);
  };
  const doorkeeper = createDoorkeeper({
    lockout: createLockout(engine.store, PAUSE_ROW),
    recordVisit: parts.recordVisit,
    onPause: announceStatus,
  });

  const codes = createAccessCodes(engine.store);
  const decideCode = createCodeDesk(codes, doorkeeper);
  const shared = { ...parts, people, codes, decideCode, memory, doorkeeper, status, announceStatus };

  return {
    connect: (emit) => {
      screens.add(emit);
      const connection = connect({ ...shared, emit });
      return {
        handle: connection.handle,
        close: () => {
          screens.delete(emit);
          connection.close();
        },
      };
    },
    close: () => engine.close(),
  };
}

interface ConnectionParts extends Parts {
  readonly people: People;
  readonly codes: AccessCodes;
  readonly decideCode: DecideCode;
  readonly memory: FrameMemory;
  readonly doorkeeper: Doorkeeper;
  readonly status: () => Promise<ApplianceStatus>;
  readonly announceStatus: () => Promise<void>;
  readonly emit: Emit;
}

function connect(parts: ConnectionParts): KioskConnection {
  const { engine, settings, operator, people, codes, decideCode, memory, doorkeeper } = parts;
  const { status, announceStatus, emit, log } = parts;
  const { gallery, recognizer } = engine;
  const signIn = createSignIn(() => emit('operator.signed-out', {}));
  const visits = createVisits({
    recognizer,
    people,
    samePerson: samePersonOf(engine),
    settings: () => settings.current,
    doorkeeper,
    memory,
    ...(parts.now ? { now: parts.now } : {}),
  });
  const collectionId = (): string => settings.current.collectionId;

  const handlers: Handlers = {
    'appliance.status': status,
    'visit.begin': ({ avoid }) => visits.begin(avoid),
    'visit.submit': ({ visitId, frames }) => visits.submit(visitId, frames),
    'visit.cancel': async ({ visitId }) => {
      visits.cancel(visitId);
      return {};
    },
    'visit.code': ({ code }) => decideCode(collectionId(), code),
    'operator.set-pin': async ({ pin, currentPin }) => {
      await operator.setPin(pin, currentPin);
      await announceStatus();
      return {};
    },
    'operator.login': async ({ pin }) => {
      await operator.verify(pin);
      signIn.start();
      return {};
    },
    'operator.logout': async () => {
      signIn.end();
      return {};
    },
    'people.list': (query) => gallery.listFaces(collectionId(), query),
    'people.enrol': async (input) => {
      const result = await enrolPerson(recognizer, gallery, collectionId(), input);
      if (result.face) await announceStatus();
      return result;
    },
    'people.give-code': async ({ faceId }) => ({ code: await codes.give(collectionId(), faceId) }),
    'people.remove': async ({ faceId }) => {
      if (!(await gallery.deleteFace(collectionId(), faceId))) throw new LintelError('face-not-found');
      await announceStatus();
      return {};
    },
    'collections.list': async () => ({ collections: await gallery.listCollections() }),
    'settings.update': async (patch) => {
      if (patch.collectionId !== undefined) await gallery.ensureCollection(patch.collectionId);
      const updated = await settings.update(patch);
      await announceStatus();
      return updated;
    },
  };

  const isOperator = (): boolean => {
    signIn.touch();
    return signIn.active;
  };
  return { handle: createDispatcher(handlers, isOperator, log), close: () => signIn.end() };
}

function samePersonOf({ calibration }: Engine): SamePerson {
  return {
    frontal: calibration.similarityAtRate(ONE_PERSON_RATE.frontal),
    turned: calibration.similarityAtRate(ONE_PERSON_RATE.turned),
  };
}

function peopleOf({ gallery }: Engine, settings: SettingsStore): People {
  return {
    count: () => gallery.count(settings.current.collectionId),
    identify: async (template) => {
      const { collectionId, falsePositiveRate } = settings.current;
      return await gallery.recognise(collectionId, template, { falsePositiveRate, margin: MARGIN });
    },
  };
}
