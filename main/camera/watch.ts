import { z } from 'zod';
import { CameraIdentity, LintelError, type CameraFinding, type CameraState } from '#contract';
import { isUnwritableNow, type Store } from '#core/store';
import { readRow, writeRow } from '../secrets/index.ts';
import { listVideoDevices, type VideoDevice } from './video-devices.ts';

/** The cameras that this machine had when it was set up, or that an operator confirmed since. */
const TRUSTED = 'camera.trusted';
const Trusted = z.strictObject({ cameras: z.array(CameraIdentity).max(64) });

/** Whether the appliance was last started to take pictures of no known camera, for `doctor`. */
const FAKE = 'camera.fake';
const Fake = z.strictObject({ allowed: z.boolean() });

/** Whether the pictures of visits come from the cameras that belong here. */
export interface CameraWatch {
  /** What speaks against it now; nothing where this system cannot tell. The cameras of the first look belong here. */
  findings(): Promise<CameraFinding[]>;
  state(): Promise<CameraState>;
  /**
   * An operator looked: the cameras connected now belong here.
   * @param by the store, as the actor who confirms
   * @throws LintelError `camera-unavailable` where there is none, or one is virtual
   */
  confirm(by: Store): Promise<void>;
}

export interface CameraWatchOptions {
  readonly store: Store;
  /** Null where this system cannot tell. */
  readonly devices?: () => Promise<VideoDevice[] | null>;
  /** For development: takes pictures of virtual cameras and of no known one, while `isProtected` is false. */
  readonly allowFake?: boolean;
  /** Whether this appliance is at work: paired with a server, or locked down. */
  readonly isProtected?: () => Promise<boolean>;
}

export function createCameraWatch({
  store,
  devices = () => listVideoDevices(),
  allowFake = false,
  isProtected = async () => false,
}: CameraWatchOptions): CameraWatch {
  const state = async (): Promise<CameraState> => {
    const found = await devices();
    const trusted = (await readRow(store, TRUSTED, Trusted))?.cameras ?? null;
    const isFakeAllowed = allowFake && !(await isProtected());
    if (found === null) return { findings: [], cameras: null, trusted, isFakeAllowed };
    const cameras = found.map(({ identity, isVirtual }) => ({ ...identity, isVirtual }));
    const findings = findingsOf(found, trusted).filter(
      (finding) => !isFakeAllowed || finding === 'camera-changed',
    );
    return { findings, cameras, trusted, isFakeAllowed };
  };

  /** An operator sets the machine up. */
  const settleFirst = async (): Promise<void> => {
    const found = await devices();
    if (!found || found.length === 0 || found.some(({ isVirtual }) => isVirtual)) return;
    if ((await readRow(store, TRUSTED, Trusted)) !== null) return;
    // A disk that takes nothing keeps no visitor out.
    await trust(store, found, 'at set-up').catch((error: unknown) => {
      if (!isUnwritableNow(error)) throw error;
    });
  };

  return {
    async findings() {
      await settleFirst();
      return (await state()).findings;
    },
    state,
    async confirm(by) {
      const found = await devices();
      if (found === null || found.length === 0) throw new LintelError('camera-unavailable');
      if (found.some(({ isVirtual }) => isVirtual)) {
        throw new LintelError('camera-unavailable', 'One of the cameras is a program. Remove it first.');
      }
      await trust(by, found, 'confirmed');
    },
  };
}

/** Let these cameras belong to the appliance. */
async function trust(by: Store, found: readonly VideoDevice[], when: string): Promise<void> {
  const cameras = uniqueOf(found.map(({ identity }) => identity));
  const named = cameras.map(({ name, vendor, product, path }) => `${name} ${vendor}:${product} ${path}`);
  await writeRow(
    by,
    TRUSTED,
    { cameras },
    {
      kind: 'settings-changed',
      changes: { cameras: named.join(', '), when },
    },
  );
}

/** What speaks against cameras, out of what the kernel lists and what belongs here. Pure. */
export function findingsOf(
  found: readonly VideoDevice[],
  trusted: readonly CameraIdentity[] | null,
): CameraFinding[] {
  const findings: CameraFinding[] = [];
  if (found.length === 0) findings.push('camera-unknown');
  if (found.some(({ isVirtual }) => isVirtual)) findings.push('camera-virtual');
  const known = new Set((trusted ?? []).map(keyOf));
  const others = found.filter(({ identity, isVirtual }) => !isVirtual && !known.has(keyOf(identity)));
  if (trusted !== null && others.length > 0) findings.push('camera-changed');
  return findings;
}

/** Note for `doctor` how the appliance was started. */
export const keepFake = (store: Store, allowed: boolean): Promise<void> =>
  writeRow(store, FAKE, { allowed } satisfies z.infer<typeof Fake>);

export const readFake = async (store: Store): Promise<boolean> =>
  (await readRow(store, FAKE, Fake))?.allowed ?? false;

/**
 * A server is joined by no appliance that takes pictures of a made-up camera.
 * @throws LintelError `fake-camera-refused` where it was last started so
 */
export async function requireNoFake(store: Store): Promise<void> {
  if (await readFake(store)) throw new LintelError('fake-camera-refused');
}

/** By everything that a camera says of itself, and by its place: a copy of it in another socket is another camera. */
const keyOf = ({ name, vendor, product, serial, path }: CameraIdentity): string =>
  JSON.stringify([name, vendor, product, serial, path]);

/** A camera may have several nodes. */
const uniqueOf = (identities: readonly CameraIdentity[]): CameraIdentity[] => [
  ...new Map(identities.map((identity) => [keyOf(identity), identity])).values(),
];

/** What each finding means, for the machine's administrator. */
export const CAMERA_WORDS: Readonly<Record<CameraFinding, string>> = {
  'camera-unknown': 'no camera is connected, so that pictures would come from a program',
  'camera-virtual': 'a camera is connected whose pictures a program makes',
  'camera-changed': 'a camera is connected that was not there at set-up and that no operator confirmed',
};
