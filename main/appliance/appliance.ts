import { join } from 'node:path';
import { type ApplianceStatus, type KioskEvent, type KioskEventBody } from '#contract';
import { MARGIN } from '#core/matching';
import { createLog, type Log } from '../log.ts';
import { createOperator, createSignIn, type Operator } from '../operator/index.ts';
import { CHALLENGE, createVisits, type Judge } from '../session/index.ts';
import { keepReceipt } from '../receipts/index.ts';
import { openSettings, type SettingsStore } from '../settings/index.ts';
import { createRecorder, startRetention, watchForDamage, type Record } from '../upkeep/index.ts';
import { audited } from './audited.ts';
import { createDispatcher, type Dispatch, type Handlers } from './dispatcher.ts';
import { openEngine, type Engine, type EngineOptions } from './engine.ts';
import { startModelChange } from './model-change.ts';
import type { Serving } from './models.ts';
import { enrolPerson } from './people.ts';

/** False-match rate at which two templates of one visit are taken for two people. */
const ONE_PERSON_RATE = 1e-3;

export interface ApplianceOptions extends Omit<EngineOptions, 'actor'> {
  readonly version: string;
  readonly log?: Log;
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
  const { version, log = createLog(), ...engineOptions } = options;
  const settings = await openSettings(join(options.dataDir, 'settings.json'));
  // Only operators change anything through a screen.
  const engine = await openEngine({ ...engineOptions, actor: 'operator' });
  try {
    const { collectionId } = settings.current;
    await engine.gallery.ensureCollection(collectionId);
    await engine.serve(({ gallery }) => gallery.preload(collectionId));
    const { dataDir } = options;
    return createAppliance({
      engine,
      settings,
      operator: createOperator(engine.store),
      dataDir,
      version,
      log,
    });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

interface Parts {
  readonly engine: Engine;
  readonly settings: SettingsStore;
  readonly operator: Operator;
  readonly dataDir: string;
  readonly version: string;
  readonly log: Log;
}

function createAppliance(parts: Parts): Appliance {
  const { engine, settings, operator, version, log } = parts;
  const screens = new Set<Emit>();

  const status = async (): Promise<ApplianceStatus> => ({
    version,
    settings: settings.current,
    enrolledCount: await engine.gallery.count(settings.current.collectionId),
    pinIsSet: await operator.pinIsSet(),
    livenessChecked: CHALLENGE.length > 0,
    modelChange: modelChange.progress,
  });
  const announceStatus = async (): Promise<void> => {
    const body = await status();
    for (const emit of screens) emit('appliance.status-changed', body);
  };
  const reportModelChange = (): void =>
    void announceStatus().catch((error: unknown) => log.error({ err: error }, 'no status'));
  const modelChange = startModelChange(engine, reportModelChange, log);
  const device = engine.store.as('device');
  const watched = watchForDamage(device, log);
  const endRetention = startRetention(device, () => settings.current, log);
  const recordAsDevice = createRecorder(device.audit, log);
  const recordAsOperator = createRecorder(engine.store.audit, log);

  return {
    connect: (emit) => {
      screens.add(emit);
      const connection = connect({
        ...parts,
        recordAsDevice,
        recordAsOperator,
        status,
        announceStatus,
        emit,
      });
      return {
        handle: connection.handle,
        close: () => {
          screens.delete(emit);
          connection.close();
        },
      };
    },
    close: async () => {
      await modelChange.close();
      await endRetention();
      await watched;
      await engine.close();
    },
  };
}

interface ConnectionParts extends Parts {
  readonly recordAsDevice: Record;
  readonly recordAsOperator: Record;
  readonly status: () => Promise<ApplianceStatus>;
  readonly announceStatus: () => Promise<void>;
  readonly emit: Emit;
}

function connect(parts: ConnectionParts): KioskConnection {
  const { engine, settings, operator, dataDir, recordAsDevice, recordAsOperator, status } = parts;
  const { announceStatus, emit, log } = parts;
  const { gallery, serve, setModel } = engine;
  const signIn = createSignIn(() => emit('operator.signed-out', {}));
  const visits = createVisits({ serve: (work) => serve((serving) => work(judgeOf(serving, settings))) });
  const collectionId = (): string => settings.current.collectionId;

  const handlers: Handlers = {
    'appliance.status': status,
    'visit.begin': async () => visits.begin(),
    'visit.submit': async ({ visitId, frames }) => {
      const decision = await visits.submit(visitId, frames);
      const { outcome, reasons, person } = decision;
      const faceId = person?.faceId ?? null;
      await recordAsDevice({
        kind: 'decision',
        visitId,
        outcome,
        reasons,
        challenge: [],
        scores: null,
        faceId,
      });
      return decision;
    },
    'visit.cancel': async ({ visitId }) => {
      visits.cancel(visitId);
      return {};
    },
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
      const { keepImages } = settings.current;
      const result = await serve(({ recognizer, gallery }) =>
        enrolPerson({ recognizer, setModel, keepImages }, gallery, collectionId(), input),
      );
      if (result.face) await announceStatus();
      return result;
    },
    'people.remove': async ({ faceId }) => {
      await gallery.getFace(collectionId(), faceId);
      try {
        await keepReceipt(dataDir, await serve(({ gallery }) => gallery.erase({ faceId })));
      } finally {
        // Gone also when the file could not be cleaned yet.
        await announceStatus();
      }
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
  return {
    handle: createDispatcher(audited(handlers, recordAsOperator), isOperator, log),
    close: () => signIn.end(),
  };
}

function judgeOf({ recognizer, gallery, calibration }: Serving, settings: SettingsStore): Judge {
  return {
    recognizer,
    people: {
      count: () => gallery.count(settings.current.collectionId),
      identify: async (template) => {
        const { collectionId, falsePositiveRate } = settings.current;
        return await gallery.recognise(collectionId, template, { falsePositiveRate, margin: MARGIN });
      },
    },
    samePersonSimilarity: calibration.similarityAtRate(ONE_PERSON_RATE),
  };
}
