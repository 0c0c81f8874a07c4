import { join } from 'node:path';
import { type ApplianceStatus, type KioskEvent, type KioskEventBody, type LockdownGap } from '#contract';
import { createAccessCodes, type AccessCodes } from '#core/gallery';
import { createChallenges, createFrameMemory, type Challenges, type FrameMemory } from '#core/liveness';
import { claimDataFolder, type Claim } from '#core/store';
import { createRecorder, startRetention, watchForDamage, type Record } from '#core/upkeep';
import { keepLockdown, type Lockdown } from '../lockdown.ts';
import { createLockout, type Lockout } from '../lockout.ts';
import { createLog, type Log } from '../log.ts';
import { createOperator, createSignIn, resetPin, type Operator } from '../operator/index.ts';
import { keepReceipt } from '../receipts/index.ts';
import {
  createCodeDesk,
  createAttemptGuard,
  createVisits,
  ATTEMPT_RULES,
  type DecideCode,
  type AttemptGuard,
  type AttemptLockouts,
  type VisitListener,
} from '../session/index.ts';
import { openSettings, type SettingsStore } from '../settings/index.ts';
import { forgetMembership, joinServer, startSync, type SyncService } from '../sync/index.ts';
import { audited, auditVisits } from './audited.ts';
import { createDispatcher, type Dispatch, type Handlers } from './dispatcher.ts';
import { openEngine, type Engine, type EngineOptions } from './engine.ts';
import { findOnlineWith } from './find-online.ts';
import { judgeOf } from './judge.ts';
import { createLearning, type Learning } from './learning.ts';
import { startModelChange } from './model-change.ts';
import { orIfGone } from './own-collection.ts';
import { addPictures, enrolPerson } from './people.ts';

/** The store's secrets that count what failed in a row. */
const LOCKOUT_ROWS = { liveness: 'kiosk.pause', unsure: 'kiosk.unsure', codes: 'kiosk.codes' } as const;

export interface ApplianceOptions extends Omit<EngineOptions, 'actor' | 'claim'> {
  readonly version: string;
  readonly log?: Log;
  /** Hears of each decided visit, after the audit log. */
  readonly onDecided?: VisitListener;
  /** Monotonic clock in milliseconds that visits and pauses are timed by. */
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
  /**
   * A new code to choose the first PIN with, for the shell to print where only whoever runs this machine reads it; the one
   * before is void. Null when there is a PIN, unless that is to be forgotten.
   */
  issueSetupCode(options: { readonly forgetPin: boolean }): Promise<string | null>;
  /** Told by the shell what keeps its screen from being locked down; kept for `doctor`. */
  setLockdown(lockdown: Lockdown): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens store, networks and settings, and answers screens.
 * @throws LintelError `already-running`, `settings-corrupt`, and what `openEngine` throws
 */
export async function openAppliance(options: ApplianceOptions): Promise<Appliance> {
  const claim = await claimDataFolder(options.dataDir);
  try {
    return await openClaimed(options, claim);
  } catch (error) {
    claim.release();
    throw error;
  }
}

async function openClaimed(options: ApplianceOptions, claim: Claim): Promise<Appliance> {
  const { version, log = createLog(), onDecided, now, ...engineOptions } = options;
  const settings = await openSettings(join(options.dataDir, 'settings.json'));
  // Only operators change anything through a screen.
  const engine = await openEngine({ ...engineOptions, actor: 'operator', claim });
  try {
    const { collectionId } = settings.current;
    await engine.gallery.ensureCollection(collectionId);
    await engine.serve(({ gallery }) => gallery.preload(collectionId));
    const operator = createOperator(engine.store, now === undefined ? {} : { now });
    return createAppliance({
      engine,
      settings,
      operator,
      dataDir: options.dataDir,
      version,
      log,
      onDecided,
      now,
      release: () => claim.release(),
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
  readonly onDecided: VisitListener | undefined;
  readonly now: (() => number) | undefined;
  /** Gives the data folder back. */
  readonly release: () => void;
}

function createAppliance(parts: Parts): Appliance {
  const { engine, settings, operator, version, log } = parts;
  const screens = new Set<Emit>();
  const memory = createFrameMemory(engine.store);
  const challenges = createChallenges(parts.now);

  let lockdownGaps: LockdownGap[] = ['opened-by-hand'];

  const status = async (): Promise<ApplianceStatus> => {
    const pausedFor = await guard.pausedFor();
    return {
      version,
      settings: settings.current,
      enrolledCount: await orIfGone(engine.gallery.count(settings.current.collectionId), 0),
      pinIsSet: await operator.pinIsSet(),
      pausedForMs: pausedFor === Infinity ? 0 : Math.ceil(pausedFor),
      faceIsOff: pausedFor === Infinity,
      modelChange: modelChange.progress,
      sync: await sync.summary(),
      setBack: await engine.store.lineage.pending(),
      lockdownGaps,
    };
  };
  const announceStatus = async (): Promise<void> => {
    const body = await status();
    for (const emit of screens) emit('appliance.status-changed', body);
  };
  const reportStatus = (): void =>
    void announceStatus().catch((error: unknown) => log.error({ err: error }, 'no status'));
  const modelChange = startModelChange(engine, reportStatus, log);
  const learning = createLearning(engine, settings, log);
  const device = engine.store.as('device');
  const watched = watchForDamage(device, log);
  const endRetention = startRetention(device, () => settings.current, log);
  const sync = startSync({
    store: device,
    modelId: () => engine.setModel.modelId,
    version,
    overMetered: () => settings.current.syncOverMetered,
    isBusy: () => engine.isServing,
    dropSentImages: () => settings.current.keepImages === 'until-synced',
    log,
    onChange: reportStatus,
  });
  const recordAsOperator = createRecorder(engine.store.audit, log);
  const lockoutOf = (what: keyof AttemptLockouts): Lockout =>
    createLockout(device, LOCKOUT_ROWS[what], parts.now, ATTEMPT_RULES[what]);
  const guard = createAttemptGuard({
    lockouts: {
      liveness: lockoutOf('liveness'),
      unsure: lockoutOf('unsure'),
      codes: lockoutOf('codes'),
    },
    onDecided: [
      auditVisits(createRecorder(device.audit, log)),
      ...(parts.onDecided ? [parts.onDecided] : []),
    ],
    onPaused: announceStatus,
    log,
  });

  const codes = createAccessCodes(engine.store);
  const decideCode = createCodeDesk(
    { personOf: (collectionId, code) => orIfGone(codes.personOf(collectionId, code), null) },
    guard,
  );
  const shared = {
    ...parts,
    recordAsOperator,
    codes,
    decideCode,
    memory,
    challenges,
    guard,
    learning,
    sync,
    status,
    announceStatus,
  };

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
    issueSetupCode: async ({ forgetPin }) =>
      forgetPin ? await resetPin(engine.store.as('command-line')) : await operator.issueSetupCode(),
    setLockdown: async (lockdown) => {
      const isNews = lockdown.gaps.join() !== lockdownGaps.join();
      lockdownGaps = [...lockdown.gaps];
      // A disk that takes nothing more does not keep the screen off.
      await keepLockdown(device, lockdown).catch((error: unknown) =>
        log.warn({ err: error }, 'lockdown not kept'),
      );
      if (isNews) await announceStatus();
    },
    close: async () => {
      await guard.close();
      await sync.close();
      await learning.close();
      await modelChange.close();
      await endRetention();
      await watched;
      await engine.close();
      parts.release();
    },
  };
}

interface ConnectionParts extends Parts {
  readonly recordAsOperator: Record;
  readonly codes: AccessCodes;
  readonly decideCode: DecideCode;
  readonly memory: FrameMemory;
  readonly challenges: Challenges;
  readonly guard: AttemptGuard;
  readonly learning: Learning;
  readonly sync: SyncService;
  readonly status: () => Promise<ApplianceStatus>;
  readonly announceStatus: () => Promise<void>;
  readonly emit: Emit;
}

function connect(parts: ConnectionParts): KioskConnection {
  const { engine, settings, operator, dataDir, codes, decideCode, memory, challenges } = parts;
  const { guard, learning, sync } = parts;
  const { recordAsOperator, status, announceStatus, emit, log } = parts;
  const { gallery, serve, setModel } = engine;
  const signIn = createSignIn(() => emit('operator.signed-out', {}));
  const { store } = engine;
  const visits = createVisits({
    serve: (work) =>
      serve((serving) => {
        const findOnline = findOnlineWith({ store, settings, log }, serving.recognizer);
        return work(judgeOf(serving, settings, findOnline));
      }),
    settings: () => settings.current,
    guard,
    memory,
    challenges,
    learn: (faceId, picture) => learning.learn(faceId, picture),
    ...(parts.now ? { now: parts.now } : {}),
  });
  const collectionId = (): string => settings.current.collectionId;
  let cameraIsDark = false;

  const handlers: Handlers = {
    'appliance.status': status,
    'visit.begin': async ({ avoid }) => {
      await store.lineage.require();
      return await visits.begin(avoid);
    },
    'visit.submit': ({ visitId, frames }) => visits.submit(visitId, frames),
    'visit.cancel': async ({ visitId }) => {
      visits.cancel(visitId);
      return {};
    },
    'visit.code': async ({ code }) => {
      await store.lineage.require();
      return await decideCode(collectionId(), code);
    },
    'camera.report': async ({ dark }) => {
      if (dark !== cameraIsDark) log[dark ? 'warn' : 'info']({ dark }, 'camera');
      cameraIsDark = dark;
      return {};
    },
    'operator.set-pin': async ({ pin, currentPin, setupCode }) => {
      await operator.setPin(pin, { currentPin, setupCode });
      await announceStatus();
      return {};
    },
    'operator.login': async ({ pin }) => {
      await operator.verify(pin);
      signIn.start();
      await guard.forgive();
      await announceStatus();
      return {};
    },
    'operator.logout': async () => {
      signIn.end();
      return {};
    },
    'people.list': (query) => orIfGone(gallery.listFaces(collectionId(), query), { faces: [], total: 0 }),
    'people.enrol': async (input) => {
      const { keepImages } = settings.current;
      await gallery.ensureCollection(collectionId());
      const result = await serve((serving) =>
        enrolPerson({ ...serving, setModel, keepImages }, collectionId(), input),
      );
      if (result.face) await announceStatus();
      return result;
    },
    'people.add-pictures': (input) =>
      serve((serving) => {
        const { keepImages } = settings.current;
        return addPictures({ ...serving, setModel, keepImages }, collectionId(), input);
      }),
    'people.forget-automatic': ({ faceId }) =>
      serve(({ gallery }) => gallery.forgetAutomatic(collectionId(), faceId)),
    'people.give-code': async ({ faceId }) => ({ code: await codes.give(collectionId(), faceId) }),
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
    'sync.status': () => sync.status(),
    'sync.join': async ({ origin, code, name, allowHttp }) => {
      await joinServer(engine.store, { origin }, code, name, allowHttp);
      await sync.now();
      return await sync.status();
    },
    'sync.leave': async () => {
      await forgetMembership(engine.store);
      return await sync.status();
    },
    'sync.now': async () => {
      await sync.now();
      return await sync.status();
    },
    'sync.resolve': async ({ conflictId, resolution }) => {
      await sync.resolve(conflictId, resolution);
      return await sync.status();
    },
    'sync.confirm-removals': async () => {
      await sync.confirmRemovals('operator');
      await announceStatus();
      return await sync.status();
    },
    'sync.retry': async () => {
      await sync.retryParked();
      return await sync.status();
    },
    'store.settle-set-back': async ({ decision }) => {
      const erasedAgain = await serve(() => store.settleSetBack(decision));
      await announceStatus();
      return { erasedAgain };
    },
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
