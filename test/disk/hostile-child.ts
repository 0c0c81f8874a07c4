import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { toErrorBody, type ErasureReceipt } from '#contract';
import { createBackup } from '#core/backup';
import { claimDataFolder, fileKekProvider, openStore } from '#core/store';
import { runCli } from '../../main/cli/program.ts';
import { keepReceipt } from '../../main/receipts/index.ts';
import { openSettings } from '../../main/settings/index.ts';

/**
 * Uses data folders in which links were planted, or in which it may not read or write. It runs as an ordinary user, since
 * the system refuses nothing to an administrator. Prints the result of each attempt, and what it changed elsewhere.
 */

/** As the system's users without rights. */
const NOBODY = 65_534;

/** A folder on a disk that is read-only, with a store in it. */
const readOnly = process.argv[2];

/** By name: a code of the catalogue, `done`, or what was changed that belongs to another user. */
const outcomes: Record<string, string> = {};

if (process.getuid!() === 0) {
  process.setgroups!([]);
  process.setgid!(NOBODY);
  process.setuid!(NOBODY);
}
process.umask(0o022);
const root = mkdtempSync(join(tmpdir(), 'lintel-hostile-'));
const [model, victim, away] = ['model', 'victim', 'away'].map((name) => join(root, name)) as [
  string,
  string,
  string,
];
const key = join(root, 'key');
const receipt = { faces: [{ faceId: 'face_1', collectionId: 'c' }] } as unknown as ErasureReceipt;

/** Whatever uses a data folder, each in its own way. */
const uses: Record<string, (data: string) => Promise<unknown>> = {
  claim: async (dir) => (await claimDataFolder(dir)).release(),
  store: async (dir) => await (await openStore(placeOf(dir))).close(),
  change: async (dir) => {
    const store = await openStore(placeOf(dir));
    await using _closed = { [Symbol.asyncDispose]: () => store.close() };
    await store.createCollection('a', 'c');
  },
  settings: async (dir) => await (await openSettings(join(dir, 'settings.json'))).update({ sound: false }),
  receipt: (dir) => keepReceipt(dir, receipt),
  command: async (dir) => {
    const status = await runCli(['collections', '--data', dir, '--key-file', key, '--json'], {
      stdout: (text) => {
        const { error } = JSON.parse(text) as { error?: { code: string } };
        if (error !== undefined) throw Object.assign(new Error(), { code: error.code });
      },
      stderr: () => undefined,
    });
    if (status !== 0) throw new Error(`status ${status}`);
  },
};
const placeOf = (dir: string) => ({ dir, kekProvider: fileKekProvider(key) });

/** What using a folder comes to. */
async function attempt(name: string, work: () => Promise<unknown>): Promise<void> {
  const code = await work().then(
    () => 'done',
    (error: unknown) =>
      error instanceof Error && error.constructor === Error && 'code' in error
        ? String(error.code)
        : toErrorBody(error).code,
  );
  const isUntouched =
    readFileSync(victim, 'utf8') === 'precious' &&
    (lstatSync(victim).mode & 0o777) === 0o644 &&
    !existsSync(away);
  outcomes[name] = isUntouched ? code : 'changed what it does not own';
}

/** A copy of the folder with a store in it, spoiled in one way. */
async function inFolder(spoil: (data: string) => void, work: (data: string) => Promise<void>): Promise<void> {
  const data = join(root, 'data');
  cpSync(model, data, { recursive: true });
  chmodSync(data, 0o700);
  spoil(data);
  try {
    await work(data);
  } finally {
    execFileSync('chmod', ['-R', 'u+rwX', data]);
    rmSync(data, { recursive: true });
    rmSync(away, { recursive: true, force: true });
  }
}

const plants: Record<string, (path: string) => void> = {
  link: (path) => symlinkSync(victim, path),
  dangling: (path) => symlinkSync(away, path),
  pipe: (path) => void execFileSync('mkfifo', [path]),
};
/** Whose names are taken, and what would follow, wait or overwrite. */
const names: Record<string, readonly string[]> = {
  'running.lock': ['claim', 'store'],
  'settings.json': ['settings', 'command'],
  'settings.last-good.json': ['settings'],
  receipts: ['receipt'],
  'receipts/face_1.json': ['receipt'],
  store: ['claim', 'store', 'command'],
  'store/store.db': ['store', 'command'],
  'store/store.db-wal': ['store'],
  'store/store.key': ['store', 'command'],
};

try {
  writeFileSync(victim, 'precious');
  await uses['store']!(model);
  for (const [name, used] of Object.entries(names)) {
    for (const [kind, plant] of Object.entries(plants)) {
      const spoil = (data: string): void => {
        rmSync(join(data, name), { recursive: true, force: true });
        mkdirSync(dirname(join(data, name)), { recursive: true });
        plant(join(data, name));
      };
      for (const use of used) {
        await inFolder(spoil, (data) => attempt(`${kind} ${name}: ${use}`, () => uses[use]!(data)));
      }
    }
  }

  /** Modes that keep their owner out, by the path within the folder. */
  const denied: readonly [path: string, mode: number, used: readonly string[]][] = [
    ['.', 0o500, ['claim', 'store', 'settings', 'command']],
    ['.', 0o000, ['claim', 'store', 'settings', 'receipt', 'command']],
    ['running.lock', 0o000, ['claim']],
    ['settings.json', 0o000, ['settings']],
    ['receipts', 0o500, ['receipt']],
    ['store', 0o000, ['claim', 'store', 'command']],
    ['store', 0o500, ['store', 'change', 'command']],
    ['store/store.db', 0o000, ['store', 'command']],
    ['store/store.db', 0o400, ['change']],
    ['store/store.key', 0o000, ['store', 'command']],
  ];
  for (const [path, mode, used] of denied) {
    for (const use of used) {
      const spoil = (data: string): void => {
        writeFileSync(join(data, 'running.lock'), '');
        writeFileSync(join(data, 'settings.json'), '{}');
        mkdirSync(join(data, 'receipts'));
        chmodSync(join(data, path), mode);
      };
      await inFolder(spoil, (data) =>
        attempt(`mode ${mode.toString(8)} ${path}: ${use}`, () => uses[use]!(data)),
      );
    }
  }
  const closed = join(root, 'closed');
  mkdirSync(closed, { mode: 0o500 });
  for (const use of Object.keys(uses)) {
    await attempt(`new folder in a closed one: ${use}`, () => uses[use]!(join(closed, 'data')));
  }
  await attempt('backup into a closed folder', () =>
    createBackup(placeOf(model), join(closed, 'x.bak'), { actor: 'command-line' }),
  );
  for (const [kind, plant] of Object.entries(plants).slice(0, 2)) {
    const out = join(root, `${kind}.bak`);
    plant(out);
    await attempt(`backup onto a ${kind}`, () =>
      createBackup(placeOf(model), out, { actor: 'command-line' }),
    );
  }
  const planted = join(root, 'planted-key');
  symlinkSync(away, planted);
  await attempt('key onto a dangling link', () =>
    openStore({ dir: join(root, 'fresh'), kekProvider: fileKekProvider(planted) }),
  );
  if (readOnly !== undefined) {
    for (const use of ['claim', 'store', 'settings', 'receipt', 'command']) {
      await attempt(`read-only disk: ${use}`, () => uses[use]!(readOnly));
    }
    await attempt('new folder on a read-only disk', () => uses['store']!(join(readOnly, '../other')));
  }
} finally {
  execFileSync('chmod', ['-R', 'u+rwX', root]);
  rmSync(root, { recursive: true });
}
process.stdout.write(JSON.stringify(outcomes));
