import { findPackageJSON, flushCompileCache } from 'node:module';
import { dirname } from 'node:path';
import { exitStatusOf, oneLine, toErrorBody } from '#contract';
import { outliveReaders } from '#core/console';
import { createLog, notifyPlaceIn, startWatchdog, type Log } from '../process/index.ts';
import { VERSION } from '../version.ts';
import type { BrowserShellOptions } from './browser-shell.ts';
import { layoutOf, parseShellOptions } from './options.ts';
import type { StationShell } from './station-shell.ts';

const LONGEST_CLOSING_MS = 20_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function endOnSignal({ close }: Pick<StationShell, 'close'>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Once: a second signal ends the process at once, as it would any other.
    process.once(signal, () => {
      setTimeout(() => process.exit(1), LONGEST_CLOSING_MS).unref();
      void close().then(() => process.exit(0));
    });
  }
}

function watchOver({ answers }: Pick<StationShell, 'answers'>, log: Log): void {
  // Kept now, where a folder is set (`NODE_COMPILE_CACHE`): a process that is killed keeps nothing for the next one.
  flushCompileCache();
  const systemd = notifyPlaceIn(process.env);
  if (systemd !== null) startWatchdog(answers, systemd, log);
}

/**
 * The whole program: the appliance behind its options of the command line, until a signal ends it.
 * @param devices lists the cameras of the machine; default: as the kernel does
 */
export async function runBrowserShell(devices?: BrowserShellOptions['devices']): Promise<void> {
  outliveReaders();
  const log = createLog();
  // Before the rest is loaded: options that are refused are refused at once.
  const options = parseShellOptions('./data', 'node');
  // The program runs from main/ as well as bundled from dist/main/.
  const root = dirname(findPackageJSON('..', import.meta.url) ?? '.');
  const layout = layoutOf(root);

  try {
    const common = {
      dataDir: options.data,
      layout: options.modelsDir === undefined ? layout : { ...layout, modelsDir: options.modelsDir },
      set: options.models,
      devices,
      version: VERSION,
      log,
    };
    if (!options.screen) {
      const { startStationShell } = await import('./station-shell.ts');
      const station = await startStationShell(common);
      endOnSignal(station);
      watchOver(station, log);
      say('Lintel is ready. No screen: it recognises, asks for no proof, and opens no door.');
      return;
    }
    const { startBrowserShell } = await import('./browser-shell.ts');
    const shell = await startBrowserShell({
      ...common,
      port: options.port,
      open: options.open,
      forgetPin: options.resetPin ?? false,
      fakeCamera: options.fakeCamera ?? false,
      screenSocket: options.screenSocket,
      sessionFile: options.sessionFile,
    });
    const sayAddress = (): void =>
      say(`Open this address, once and within 10 minutes:\n${shell.newAddress()}`);
    // Before the address is printed: a program that reads it may send a signal at once.
    process.on('SIGHUP', sayAddress);
    endOnSignal(shell);
    watchOver(shell, log);
    if (shell.setupCode !== null) say(shell.setupCode);
    if (shell.notOpened === null) {
      say('Lintel is ready. The screen is open.');
    } else if (options.screenSocket !== undefined) {
      say('Lintel is ready. The screen is given its address when it asks.');
    } else {
      say(`Lintel is ready. No browser was opened: ${shell.notOpened}.`);
      sayAddress();
      say('A new address is printed on SIGHUP.');
    }
  } catch (error) {
    const { code, message } = toErrorBody(error);
    if (code === 'internal') log.fatal({ err: error }, 'cannot start');
    process.stderr.write(`lintel: ${oneLine(message)} [${code}]\n`);
    process.exitCode = exitStatusOf(code);
  }
}
