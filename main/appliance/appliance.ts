import { join } from 'node:path';
import { LintelError } from '#contract';
import { claimDataFolder, isUnwritable, type Store } from '#core/store';
import { keepFake, type CameraWatchOptions } from '../camera/index.ts';
import { eventOf, readDoorFault } from '../doors/index.ts';
import { keepLockdown, type Lockdown } from '../lockdown/index.ts';
import { startMetrics } from '../metrics/index.ts';
import { orIfGone } from './own-collection.ts';
import { createLog, type Log } from '../process/index.ts';
import { resetPin } from '../operator/index.ts';
import type { VisitListener } from '../session/index.ts';
import { openSettings } from '../settings/index.ts';
import { membershipOf } from '../sync/index.ts';
import { assemble } from './collaborators.ts';
import { connect, type KioskConnection } from './connection.ts';
import { openEngine, type EngineOptions } from './engine.ts';
import { tellFilling } from './filling.ts';
import { rehearse } from './rehearsal.ts';
import type { Emit } from './screens.ts';
import { openStation } from './station-visits.ts';

export interface ApplianceOptions extends Omit<EngineOptions, 'actor' | 'claim'> {
  readonly version: string;
  readonly log?: Log;
  /** Called with each decided visit, after the audit log. */
  readonly onDecided?: readonly VisitListener[];
  /** How the cameras of this machine are watched. Default: nothing is known of them. */
  readonly camera?: Pick<CameraWatchOptions, 'devices' | 'allowFake'>;
  /**
   * Milliseconds that a visitor waits for an answer of the server. Default: 3,000 for a search, since a stranger should hear
   * of it while still standing there, and 5,000 for each message about a face session.
   */
  readonly serverWaitMs?: number;
  /** Monotonic clock in milliseconds, for visits and pauses. */
  readonly now?: () => number;
}

export interface Appliance {
  connect(emit: Emit): KioskConnection;
  /** Runs without a screen; see `openStation`. @returns ends it */
  openStation(): Promise<() => Promise<void>>;
  /**
   * A new code to choose the first PIN with, for the shell to print where only a reader of the console sees it; the code
   * before is void. Null when there is a PIN, unless that is to be forgotten.
   */
  issueSetupCode(options: { readonly forgetPin: boolean }): Promise<string | null>;
  /** The shell reports here what keeps its screen from being locked down; `doctor` reads it. */
  setLockdown(lockdown: Lockdown): Promise<void>;
  /** Something failed, and was started again. @param goneMs for how long, where that is known */
  noteRecovery(part: 'page' | 'appliance', goneMs?: number): Promise<void>;
  /** Resolves when the store was read just now and a recognition thread did some work, however that went. */
  answers(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing is known of the cameras. */
const UNWATCHED: NonNullable<ApplianceOptions['camera']> = { devices: async () => null };

/** Notes how the appliance is started, for `doctor`. @throws LintelError `fake-camera-refused` */
async function requireCameraOf(store: Store, allowFake: boolean): Promise<void> {
  if (allowFake && (await membershipOf(store)) !== null) throw new LintelError('fake-camera-refused');
  await keepFake(store, allowFake).catch((error: unknown) => {
    if (!isUnwritable(error)) throw error;
  });
}

/**
 * Opens store, networks and settings, and answers screens.
 * @throws LintelError `already-running`, `settings-corrupt`, `fake-camera-refused`, and what `openEngine` throws
 */
export async function openAppliance(options: ApplianceOptions): Promise<Appliance> {
  const {
    version,
    log = createLog(),
    onDecided = [],
    camera = UNWATCHED,
    serverWaitMs,
    now,
    ...engineOptions
  } = options;
  const { dataDir } = options;
  await using opening = new AsyncDisposableStack();
  const claim = await claimDataFolder(dataDir);
  opening.defer(() => claim.release());
  const settings = await openSettings(join(dataDir, 'settings.json'));
  // Only operators change anything through a screen.
  const engine = await openEngine({ ...engineOptions, actor: 'operator', claim });
  opening.defer(() => engine.close());
  await requireCameraOf(engine.store.as('device'), camera.allowFake ?? false);
  const { collectionId } = settings.current;
  await engine.gallery.ensureCollection(collectionId);
  const filling = tellFilling(log, await engine.gallery.count(collectionId));
  await engine.serve(({ gallery }) => gallery.preload(collectionId, filling));
  const door = await engine.store.door.config();
  const doorFault = door && (await readDoorFault(engine.store.events, door.doorId));
  const all = assemble(
    { engine, settings, door, doorFault, dataDir, version, log, onDecided, camera, serverWaitMs, now },
    opening,
  );
  await all.cameras.findings();
  await rehearse(engine, settings, all.admit).catch((error: unknown) =>
    log.warn({ err: error }, 'decisions could not be rehearsed'),
  );
  const metrics = await startMetrics(
    engine.store,
    {
      events: all.events,
      targets: engine.store.eventTargets,
      enrolled: () => orIfGone(engine.gallery.count(settings.current.collectionId), 0),
    },
    log,
  );
  opening.defer(() => metrics.end());
  const closing = opening.move();

  return {
    connect: (emit) => connect(all, emit),
    openStation: () => openStation(all),
    issueSetupCode: async ({ forgetPin }) =>
      forgetPin ? await resetPin(engine.store.as('command-line')) : await all.operator.issueSetupCode(),
    setLockdown: async (lockdown) => {
      const isNews = lockdown.gaps.join() !== all.lockdown.gaps.join();
      all.lockdown.gaps = lockdown.gaps;
      // A full or read-only disk must not keep the screen off.
      await keepLockdown(engine.store.as('device'), lockdown).catch((error: unknown) =>
        log.warn({ err: error }, 'lockdown not kept'),
      );
      if (isNews) await all.screens.announce();
    },
    noteRecovery: (part, goneMs) =>
      all.events.add(
        eventOf('recovered', null, goneMs === undefined ? part : `${part}: ${(goneMs / 1000).toFixed(1)} s`),
      ),
    // The store says which model serves.
    answers: () => engine.serve(({ recognizer }) => recognizer.answers()),
    close: () => closing.disposeAsync(),
  };
}
