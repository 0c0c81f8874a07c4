import {
  highestLevel,
  type ApplianceStatus,
  type AssuranceLevel,
  type DoorConfig,
  type Face,
  type LockdownGap,
} from '#contract';
import { createAccessCodes } from '#core/gallery';
import { createChallenges, createFrameMemory } from '#core/liveness';
import type { Store } from '#core/store';
import { createRecorder, eraseUnseen, startRetention, watchForDamage } from '#core/upkeep';
import {
  createAdmit,
  createDoor,
  createEventLog,
  eventOf,
  eventsOfVisits,
  openActuator,
  pulseOnGrant,
  startTelling,
  type DoorFault,
  type EventLog,
} from '../doors/index.ts';
import { createCardDesk, createCards } from '../cards/index.ts';
import { createDrills } from '../drill/index.ts';
import { createCameraWatch, type CameraWatchOptions } from '../camera/index.ts';
import { createLockout } from '../lockout/index.ts';
import type { Log } from '../process/index.ts';
import { createOperator } from '../operator/index.ts';
import {
  attends,
  ATTEMPT_RULES,
  createAttemptGuard,
  createFaceSessions,
  type AttemptLockouts,
  type VisitListener,
} from '../session/index.ts';
import { keepReceipt } from '../receipts/index.ts';
import type { SettingsStore } from '../settings/index.ts';
import { createSessionServer, leastAssurance, membershipOf, startSync } from '../sync/index.ts';
import { auditVisits, onceALock } from './audited.ts';
import type { Engine } from './engine.ts';
import { createEventDesks } from './event-desks.ts';
import { createLearning } from './learning.ts';
import { startModelChange } from './model-change.ts';
import { faceIfThere, orIfGone } from './own-collection.ts';
import { createScreens } from './screens.ts';

/** What an appliance is made of. */
export interface Opened {
  readonly engine: Engine;
  readonly settings: SettingsStore;
  /** Where this appliance stands; null: at no door. */
  readonly door: DoorConfig | null;
  /** What the door had failed at when the appliance ended; null: it was not in fault. */
  readonly doorFault: DoorFault | null;
  readonly dataDir: string;
  readonly version: string;
  readonly log: Log;
  /** Called with each decided visit, after the audit log. */
  readonly onDecided: readonly VisitListener[];
  readonly camera: Pick<CameraWatchOptions, 'devices' | 'allowFake'>;
  readonly serverWaitMs: number | undefined;
  /** Monotonic clock in milliseconds, for visits and pauses. */
  readonly now: (() => number) | undefined;
}

/** Everything that handlers work with. */
export type Collaborators = ReturnType<typeof assemble>;

/**
 * Make the collaborators, and begin what runs in the background. A new one is a line here: what it begins, `closing`
 * ends, the last one first.
 */
export function assemble(opened: Opened, closing: AsyncDisposableStack) {
  const { engine, settings, version, log, door } = opened;
  const { store } = engine;
  const device = store.as('device');
  const events = createEventLog(device.events, log);

  const status = async (): Promise<ApplianceStatus> => {
    const pausedFor = await guard.pausedFor();
    return {
      version,
      settings: settings.current,
      assurance: await assurance(),
      enrolledCount: await orIfGone(engine.gallery.count(settings.current.collectionId), 0),
      pinIsSet: await operator.pinIsSet(),
      pausedForMs: pausedFor === Infinity ? 0 : Math.ceil(pausedFor),
      faceIsOff: pausedFor === Infinity,
      modelChange: modelChange.progress,
      sync: await sync.summary(),
      setBack: await store.lineage.pending(),
      lockdownGaps: [...lockdown.gaps],
      doorDirection: door?.direction ?? null,
      isTellingFailing: telling.isFailing(),
    };
  };
  /** What visitors have to prove: as it is set, and no less than the server's policy says. */
  const assurance = async (): Promise<AssuranceLevel> =>
    highestLevel(settings.current.assurance, await leastAssurance(store));
  const screens = createScreens(status, log);
  const lockdown: { gaps: readonly LockdownGap[] } = { gaps: ['opened-by-hand'] };
  const cameras = createCameraWatch({
    ...opened.camera,
    store: device,
    isProtected: async () => lockdown.gaps.length === 0 || (await membershipOf(device)) !== null,
  });
  const operator = createOperator(store, opened.now === undefined ? {} : { now: opened.now });

  const watched = watchForDamage(device, log);
  closing.defer(() => watched);
  const eraseTheUnseen = async (): Promise<number> =>
    (await membershipOf(device)) === null
      ? await eraseUnseen(device, settings.current, (receipt) => keepReceipt(opened.dataDir, receipt))
      : 0;
  closing.defer(startRetention(device, () => settings.current, log, eraseTheUnseen));
  const modelChange = startModelChange(engine, screens.report, log);
  closing.defer(() => modelChange.close());
  const learning = createLearning(engine, settings, log);
  closing.defer(() => learning.close());
  const sync = startSync({
    store: device,
    modelId: () => engine.setModel.modelId,
    version,
    overMetered: () => settings.current.syncOverMetered,
    isBusy: () => engine.isServing,
    dropSentImages: () => settings.current.keepImages === 'until-synced',
    log,
    onChange: screens.report,
  });
  closing.defer(() => sync.close());
  const telling = startTelling(device.eventTargets, events, log, { onChange: screens.report });
  closing.defer(() => telling.end());
  const actuated =
    door &&
    createDoor({
      config: door,
      actuator: openActuator(door.actuator),
      failedAt: opened.doorFault?.duties ?? [],
      tell: (kind, detail, whom, reasons = []) =>
        void events.add({ ...eventOf(kind, door, detail), ...whom, reasons }),
      log,
    });
  if (actuated) closing.defer(() => actuated.end());
  /** For decisions: who tries again while the actuator hangs is judged once it is known whether they passed the first time. */
  const passages: Pick<EventLog, 'kept' | 'lastPassage'> = {
    async kept() {
      await actuated?.answered();
      await events.kept();
    },
    async lastPassage(id) {
      await actuated?.answered();
      return await events.lastPassage(id);
    },
  };
  const admit = createAdmit({
    store: device,
    door,
    events: passages,
    collectionId: () => settings.current.collectionId,
    log,
  });
  const guard = createAttemptGuard({
    lockouts: lockoutsIn(device, opened.now),
    admit,
    attend: async (faceId, chosen) => {
      const { mode } = settings.current;
      if (mode !== 'attendance') return null;
      if (door?.direction) return door.direction;
      try {
        const last = faceId === null || chosen !== null ? null : await passages.lastPassage(faceId);
        return attends(chosen, last, new Date());
      } catch (error) {
        log.error({ err: error }, 'which way somebody goes is not known');
        return chosen;
      }
    },
    onDecided: [
      auditVisits(createRecorder(device.audit, log)),
      eventsOfVisits(events, door),
      ...(actuated ? [pulseOnGrant(actuated)] : []),
      ...opened.onDecided,
    ],
    onPaused: async () => {
      await events.add(eventOf('paused', door));
      await screens.announce();
    },
    log,
    now: opened.now,
  });
  closing.defer(() => guard.close());
  const sessions = createFaceSessions({
    server: createSessionServer(device, { waitMs: opened.serverWaitMs }),
    model: () => engine.serve(async ({ recognizer: { modelId, dimension } }) => ({ modelId, dimension })),
    guard,
    log,
    now: opened.now,
  });
  closing.defer(() => sessions.close());

  const cards = createCards(store);
  /** Somebody who can be recognised by what was given of them. */
  const enrolled = async (faceId: string): Promise<Face | null> => {
    const face = await faceIfThere(engine.gallery, settings.current.collectionId, faceId);
    return face !== null && face.referenceCount > face.automaticReferenceCount ? face : null;
  };

  return {
    ...opened,
    assurance,
    admit,
    hasDoor: () => door !== null,
    screens,
    lockdown,
    cameras,
    drills: createDrills(device, version),
    operator,
    events,
    passages,
    learning,
    sync,
    guard,
    sessions,
    memory: createFrameMemory(store),
    challenges: createChallenges(opened.now),
    codes: createAccessCodes(store),
    cards,
    readCard: createCardDesk(cards, guard, enrolled, opened.now),
    desks: createEventDesks(events, door, opened.now),
    recordAsOperator: onceALock(createRecorder(store.audit, log)),
  };
}

/** The store's secrets that count what failed in a row. */
const LOCKOUT_ROWS = {
  liveness: 'kiosk.pause',
  unsure: 'kiosk.unsure',
  codes: 'kiosk.codes',
  slowCodes: 'kiosk.slow-codes',
} as const;

function lockoutsIn(store: Store, now: Opened['now']): AttemptLockouts {
  const lockoutOf = (what: keyof AttemptLockouts) =>
    createLockout(store, LOCKOUT_ROWS[what], now, ATTEMPT_RULES[what]);
  return {
    liveness: lockoutOf('liveness'),
    unsure: lockoutOf('unsure'),
    codes: lockoutOf('codes'),
    slowCodes: lockoutOf('slowCodes'),
  };
}
