import { constants, existsSync } from 'node:fs';
import { access, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { toErrorBody, ownNameOf, type LockdownGap, type ModelChoice, type ModelSetName } from '#contract';
import { verifyLog } from '#core/audit';
import { inspectNetworks } from '#core/recognition';
import { inspectStore } from '#core/backup';
import { isReadOnlyDisk, openStore, RESERVE_BYTES, type KekProvider, type SqlStore } from '#core/store';
import { isClockDoubted } from '#core/upkeep';
import { CAMERA_WORDS, createCameraWatch, listVideoDevices, readFake } from '../camera/index.ts';
import { faultText, machineTimeZone, readDoorFault } from '../doors/index.ts';
import { LOCKDOWN_WORDS, readLockdown, type Lockdown } from '../lockdown/index.ts';
import { wholeOwnNetworks } from '../networks/index.ts';
import { receiptsIn } from '../receipts/index.ts';
import { openSettings } from '../settings/index.ts';
import { policyGaps } from '../deploy/index.ts';
import type { Check } from './check.ts';
import { reachChecks } from './reach-checks.ts';

/** One step of an examination. `advice` says what a person can do. */
export interface Finding {
  readonly step: number;
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly advice: string | null;
}

export interface ExamineOptions {
  /** Whether to take out what is kept as a template and is none; nothing else is ever changed. */
  readonly repair?: boolean;
  /** The cameras of this machine. */
  readonly devices?: typeof listVideoDevices;
}

/** Faces that are named in one finding. */
const NAMED = 8;

const RESTORE =
  'Stop Lintel, keep a copy of the folder, and restore the last backup (lintel backup restore).';

const ELSEWHERE =
  'Nothing was started there yet. Name the folder in which Lintel was (--data, LINTEL_DATA), or start it.';

/**
 * Examine an installation step by step. Steps that need the store are left out when it cannot be opened.
 */
export async function examine(
  dataDir: string,
  kekProvider: KekProvider,
  networks: { weightsDir: string; set: ModelChoice },
  { repair = false, devices = listVideoDevices }: ExamineOptions = {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const carryOut = async ({ what, run, advice }: Check): Promise<boolean> => {
    const step = findings.length + 1;
    try {
      findings.push({ step, what, ok: true, detail: await run(), advice: null });
      return true;
    } catch (error) {
      const { code, message } = toErrorBody(error);
      const detail = code === 'internal' && error instanceof Error ? error.message : message;
      findings.push({ step, what, ok: false, detail, advice: advice[code] ?? advice.other ?? null });
      return false;
    }
  };
  await carryOut(folderCheck(dataDir));
  // Where the folder is missing or closed, every other step would find the same, and advise something else.
  if (!(await canEnter(dataDir))) return findings;
  for (const check of [...diskChecks(dataDir), networksCheck(networks.weightsDir, setOf(networks.set))])
    await carryOut(check);
  const place = { dir: dataDir, kekProvider };
  const hasStore = existsSync(join(dataDir, 'store'));
  let store: SqlStore | null = null;
  const opening: Check = {
    what: 'The store opens',
    run: async () => {
      if (!hasStore) throw new Error('there is none in this folder');
      store = await openStore(place);
      return `with its key (${kekProvider.kind})`;
    },
    advice: {
      'store-key-missing': 'Put the key back where it was, or name it: --key-file, --passphrase-file.',
      'store-key-wrong': 'This is another key. Look for the copy that was kept when the store was made.',
      'store-key-exposed': 'Restrict the file to its owner: chmod 600 FILE.',
      'store-newer': 'Install the version of Lintel that wrote it, or a newer one.',
      'store-busy': 'Try again when the other process has finished.',
      'store-full': 'Free some room on the disk.',
      'store-read-only': 'Mount the disk for writing once: this version of Lintel has to change the store.',
      'disk-failing': 'Look for errors of the disk in the log of the system (dmesg), and exchange it.',
      other: hasStore ? RESTORE : `${ELSEWHERE} If there was a store here: ${RESTORE}`,
    },
  };
  if (!(await carryOut(opening))) return findings;
  try {
    for (const check of storeChecks(store!, place, repair, devices)) await carryOut(check);
  } finally {
    await store!.close();
  }
  return findings;
}

const canEnter = (dataDir: string): Promise<boolean> =>
  access(dataDir, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );

function folderCheck(dataDir: string): Check {
  const isThere = existsSync(dataDir);
  return {
    what: 'The data folder is there, and only its owner’s',
    run: async () => {
      if (!isThere) throw new Error(`there is no folder ${dataDir}`);
      const wanted = isReadOnlyDisk(dataDir) ? constants.R_OK : constants.R_OK | constants.W_OK;
      await access(dataDir, wanted | constants.X_OK);
      const { mode } = await stat(dataDir);
      if ((mode & 0o077) !== 0) throw new Error(`others may enter it (mode ${(mode & 0o777).toString(8)})`);
      return dataDir;
    },
    advice: {
      other: isThere ? `Name the right folder (--data), or restrict it: chmod 700 ${dataDir}.` : ELSEWHERE,
    },
  };
}

function diskChecks(dataDir: string): Check[] {
  return [
    {
      what: 'The disk takes changes',
      run: async () => {
        if (isReadOnlyDisk(dataDir))
          throw new Error('it can only be read; people are recognised all the same');
        return 'it can be written';
      },
      advice: {
        other:
          'Look for errors of the disk in the log of the system (dmesg), make a backup to another disk (lintel backup create), mend or exchange the disk, mount it for writing and start Lintel again.',
      },
    },
    {
      what: 'The disk has room',
      run: async () => {
        const { bavail, bsize } = await statfs(dataDir);
        const megabytes = Math.floor((bavail * bsize) / 2 ** 20);
        if (bavail * bsize < RESERVE_BYTES)
          throw new Error(`${megabytes} MB are left; enrolments are refused`);
        return `${megabytes} MB are left`;
      },
      advice: { other: 'Free some room on the disk, or keep images for fewer days.' },
    },
    {
      what: 'The settings can be read',
      run: async () => {
        const path = join(dataDir, 'settings.json');
        await openSettings(path);
        return existsSync(path) ? 'settings.json' : 'there are none: the defaults are in force';
      },
      advice: {
        other: 'Copy settings.last-good.json over settings.json, or remove both to begin with the defaults.',
      },
    },
    {
      what: 'Nothing was left behind by a crash',
      run: async () => {
        const left = (await readdir(dataDir)).filter((name) =>
          /^store\.[0-9a-f]{16}$|^store\.replaced$/.test(name),
        );
        if (left.length > 0) throw new Error(left.join(', '));
        return 'no drafts';
      },
      advice: {
        other: 'While Lintel is stopped, these folders may be removed; store.replaced settles itself.',
      },
    },
  ];
}

/** What is checked of the networks before the store is open, which knows on which set an own one stands. */
const setOf = (choice: ModelChoice): ModelSetName =>
  ownNameOf(choice) === null ? (choice as ModelSetName) : 'default';

function networksCheck(weightsDir: string, set: ModelSetName): Check {
  return {
    what: 'The neural networks are whole',
    run: async () => {
      const networks = await inspectNetworks(weightsDir, set);
      const own = networks.filter(({ isKnown }) => !isKnown).map(({ file }) => file);
      if (own.length === 0) return `${networks.length} networks of the set ${set}`;
      return `${own.join(', ')}: not what set-up brings, run as it is`;
    },
    advice: {
      other: 'Run npm run setup (or install the package again): it brings what is missing or damaged.',
    },
  };
}

function storeChecks(
  store: SqlStore,
  place: { dir: string; kekProvider: KekProvider },
  repair: boolean,
  devices: typeof listVideoDevices,
): Check[] {
  return [
    {
      what: 'Every page, row and reference of the store is whole',
      run: async () => {
        const { pages, faces } = await inspectStore(place);
        return `${pages} pages, ${faces} faces`;
      },
      advice: { other: RESTORE },
    },
    {
      what: 'Every sealed template and image opens',
      run: async () => `${await store.inspectSealed()} blobs`,
      advice: { other: RESTORE },
    },
    {
      what: 'Every template is one that its network can have made',
      run: async () => {
        const removed = repair ? await store.soundness.repair() : 0;
        if (removed > 0) await store.scrub();
        const { templates, unsound } = await store.soundness.inspect();
        if (unsound.length > 0) {
          const faces = [...new Set(unsound.map(({ faceId }) => faceId))];
          const named = faces.slice(0, NAMED).join(', ') + (faces.length > NAMED ? ', …' : '');
          throw new Error(`${unsound.length} of ${templates} are not, of ${faces.length} people: ${named}`);
        }
        return `${templates} templates${removed > 0 ? `; ${removed} that were none are taken out` : ''}`;
      },
      advice: {
        other:
          'Nobody is compared with them, so these people may not be recognised. Take them out with lintel doctor --repair, ' +
          'and enrol the people again that lintel faces then marks.',
      },
    },
    {
      what: 'Networks of your own are as they were added',
      run: async () => {
        const own = await wholeOwnNetworks(store, place.dir);
        const broken = own.filter(({ isWhole }) => !isWhole).map(({ name }) => name);
        if (broken.length > 0) throw new Error(`missing or changed: ${broken.join(', ')}`);
        return own.length === 0
          ? 'there are none'
          : own.map(({ name, licence }) => `${name} (${licence})`).join(', ');
      },
      advice: {
        other:
          'Remove the network and add its file again: lintel models remove NAME, lintel models add FILE.',
      },
    },
    {
      what: 'The store is the newest copy of itself',
      run: async () => {
        await store.lineage.checkReceipts(await receiptsIn(place.dir));
        await store.lineage.require();
        return place.kekProvider.heads === null
          ? 'as far as receipts and the server tell; no head of its log is kept with the key (LINTEL_HEADS)'
          : 'by the head of its log that lies with the key, and by receipts';
      },
      advice: {
        other:
          'Put the newest copy back, or decide: lintel set-back erase-again, which erases the people named in receipts again, or lintel set-back accept.',
      },
    },
    {
      what: 'The clock agrees with what is known',
      run: async () => {
        if (await isClockDoubted(store))
          throw new Error('it did not at the last look: nothing is removed for being old');
        return `it is ${new Date().toISOString()}`;
      },
      advice: { other: 'Set the clock, or, if it is right, say so: lintel retention --trust-clock.' },
    },
    {
      what: 'The time zone of this machine is known',
      run: async () => {
        const timeZone = machineTimeZone();
        if (timeZone === null)
          throw new Error('it is not: without access rules, the days of a validity are those of UTC');
        return timeZone;
      },
      advice: {
        other:
          'Set it (timedatectl set-timezone), and where TZ is set, let it be a name such as Europe/Berlin, not a path.',
      },
    },
    {
      what: 'The cameras are those of set-up',
      run: async () => {
        if (await readFake(store)) {
          throw new Error('last started with --fake-camera: pictures of a made-up camera are taken');
        }
        const { findings, cameras, trusted } = await createCameraWatch({ store, devices }).state();
        if (cameras === null) return 'this system cannot tell';
        if (cameras.length === 0 && trusted === null) return 'no camera was connected yet';
        if (findings.length > 0)
          throw new Error(findings.map((code) => `${code}: ${CAMERA_WORDS[code]}`).join('; '));
        return cameras.map(({ name, path }) => `${name} at ${path}`).join(', ');
      },
      advice: {
        other:
          'Look what is connected (lintel camera list), remove what does not belong here, and confirm the rest: lintel camera confirm.',
      },
    },
    {
      what: 'The door does what it is told',
      run: async () => {
        const door = await store.door.config();
        if (door === null) return 'there is no door';
        const fault = await readDoorFault(store.events, door.doorId);
        if (fault !== null) throw new Error(`${door.doorId}: ${faultText(fault)}`);
        return `${door.doorId}, as far as it was told`;
      },
      advice: {
        other:
          'Look at what opens it (lintel door show), and at its sensors: program, power and network. A running appliance tries to shut it again and again, and tells door-mended once it opens and shuts and its sensors answer (lintel events --kind door-fault,door-mended).',
      },
    },
    ...reachChecks(store),
    {
      what: 'The screen is locked down',
      run: async () => {
        const lockdown = await readLockdown(store);
        if (lockdown === null) return 'no screen was opened with this store';
        const gaps = await gapsNow(lockdown);
        if (gaps.length > 0)
          throw new Error(`not locked down: ${gaps.map((gap) => LOCKDOWN_WORDS[gap]).join('; ')}`);
        return lockdown.policy === null ? 'Electron' : `the policy in ${lockdown.policy.folder} is in force`;
      },
      advice: {
        other:
          'Let no visitor at a keyboard of this machine, or lock the screen down as docs/lockdown.md says.',
      },
    },
    {
      what: 'The audit log is one unbroken chain',
      run: async () => {
        const publicKey = await store.audit.publicKey();
        const { lines, unsigned, problem } = await verifyLog(store.audit.lines(), { publicKey });
        if (problem !== null) throw new Error(`line ${problem.line}: ${problem.what}`);
        return `${lines} lines, ${unsigned} since the last checkpoint`;
      },
      advice: {
        other:
          'Somebody with the key changed the store. Keep the folder as evidence, compare with an exported log.',
      },
    },
  ];
}

/** The gaps of the screen that was opened last. Reads its policy again, since an administrator may have changed it. */
async function gapsNow({ gaps, policy }: Lockdown): Promise<LockdownGap[]> {
  if (policy === null) return gaps;
  const others = gaps.filter((gap) => gap !== 'policy-missing' && gap !== 'policy-incomplete');
  return [...(await policyGaps(policy.folder, policy.origin)), ...others];
}
