import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SettingsPatch } from '#contract';
import { fileKekProvider, openStore } from '#core/store';
import { runCli } from '../../main/cli/program.ts';
import { FRAMES_KEY } from '#core/liveness';
import { sharedNetworks } from './networks.ts';

const ENTRY = fileURLToPath(new URL('appliance-process.ts', import.meta.url));

/** A data folder with its key beside it. */
export interface Installation {
  readonly data: string;
  readonly keyFile: string;
  remove(): Promise<void>;
}

/** As a machine just set up would have, but for these settings. */
export async function newInstallation(settings: SettingsPatch = {}): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'lintel-'));
  const data = join(folder, 'data');
  if (Object.keys(settings).length > 0) {
    await mkdir(data, { mode: 0o700 });
    await writeFile(join(data, 'settings.json'), JSON.stringify(settings), { mode: 0o600 });
  }
  return {
    data,
    keyFile: join(folder, 'key'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs a `lintel` command on the installation. @returns its exit status and the object it printed */
export async function lintel(
  installation: Installation,
  ...args: string[]
): Promise<{ status: number; answer: Record<string, unknown> }> {
  const { status, printed } = await run(installation, [...args, '--json']);
  return { status, answer: JSON.parse(printed) as Record<string, unknown> };
}

/** What a `lintel` command on the installation says to people, whatever its exit status. */
export async function said(
  installation: Pick<Installation, 'data' | 'keyFile'>,
  ...args: string[]
): Promise<string> {
  return (await run(installation, args, async () => '739154')).printed;
}

async function run(
  { data, keyFile }: Pick<Installation, 'data' | 'keyFile'>,
  args: readonly string[],
  ask?: Parameters<typeof runCli>[2],
): Promise<{ status: number; printed: string }> {
  let printed = '';
  const output = { stdout: (text: string) => void (printed += text), stderr: () => undefined };
  const words = [...args, '--data', data, '--key-file', keyFile];
  const status = await runCli(words, output, ask, sharedNetworks);
  return { status, printed };
}

/** Runs a `lintel` command that has to succeed. @throws Error with what it printed where it does not */
export async function mustRun(installation: Installation, ...args: string[]): Promise<void> {
  const { status, answer } = await lintel(installation, ...args);
  if (status !== 0) throw new Error(`lintel ${args[0]} ended with ${status}: ${JSON.stringify(answer)}`);
}

/**
 * Makes an appliance that does not run forget which frames granted visits: a clip that plays again shows the very same
 * ones, which no camera does.
 */
export async function forgetFrames({ data, keyFile }: Installation): Promise<void> {
  const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
  await store.setSecret(FRAMES_KEY, null);
  await store.close();
}

/** The appliance as its own process, serving a screen on loopback. */
export interface RunningAppliance {
  /** Opens the screen, once. */
  readonly address: string;
  /** To choose the first PIN with; null where there is a PIN. */
  readonly setupCode: string | null;
  /** Asks for another one-time address. */
  newAddress(): Promise<string>;
  stop(): Promise<void>;
}

/** The set-up code that an appliance printed among other things, or null. */
export const setupCodeIn = (output: string): string | null =>
  /^No PIN is set\. Set-up code, shown only now: ([0-9]{5} [0-9]{5})$/m.exec(output)?.[1]?.replace(' ', '') ??
  null;

/**
 * Starts the browser shell without opening a browser.
 * @param niceness that of its process (`nice(1)`); who may not lower it has the usual one
 * @throws Error with its output when it ends instead
 */
export async function startAppliance(
  { data, keyFile }: Installation,
  niceness = 0,
): Promise<RunningAppliance> {
  const program = [process.execPath, ENTRY, '--data', data, '--no-open'];
  const child = spawn('nice', ['-n', String(niceness), ...program], {
    env: { ...process.env, LINTEL_KEY_FILE: keyFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const waiting: ((address: string) => void)[] = [];
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.stderr.on('data', (chunk: Buffer) => void (output += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    for (const [address] of chunk.toString().matchAll(/http:\/\/127\.0\.0\.1:\S+/g))
      waiting.shift()?.(address);
  });
  const nextAddress = (): Promise<string> =>
    Promise.race([
      new Promise<string>((resolve) => waiting.push(resolve)),
      exited.then(() => {
        throw new Error(`The appliance ended:\n${output}`);
      }),
    ]);
  const address = await nextAddress();
  return {
    address,
    // Printed before the first address.
    setupCode: setupCodeIn(output),
    newAddress: async () => {
      const address = nextAddress();
      child.kill('SIGHUP');
      return await address;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
