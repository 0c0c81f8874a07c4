#!/usr/bin/env node
import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';
import { LintelError } from '#contract';
import { createLog } from './log.ts';
import { startBrowserShell } from './shell/browser.ts';
import { layoutOf, parseShellOptions } from './shell/options.ts';
import { VERSION } from './version.ts';

const LONGEST_CLOSING_MS = 20_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const options = parseShellOptions('./data', 'node');
// This file runs from main/ as well as bundled from dist/main/.
const root = dirname(findPackageJSON('..', import.meta.url) ?? '.');
const layout = layoutOf(root);

try {
  const shell = await startBrowserShell({
    dataDir: options.data,
    layout: options.modelsDir === undefined ? layout : { ...layout, modelsDir: options.modelsDir },
    set: options.models,
    port: options.port,
    open: options.open,
    version: VERSION,
    log: createLog(),
  });
  const sayAddress = (): void => say(`Open this address, once and within 10 minutes:\n${shell.newAddress()}`);
  // Before anything is said: whoever reads the address may signal at once.
  process.on('SIGHUP', sayAddress);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Once: a second signal ends the process at once, as it would any other.
    process.once(signal, () => {
      setTimeout(() => process.exit(1), LONGEST_CLOSING_MS).unref();
      void shell.close().then(() => process.exit(0));
    });
  }
  if (shell.notOpened === null) {
    say('Lintel is ready. The screen is open.');
  } else {
    say(`Lintel is ready. No browser was opened: ${shell.notOpened}.`);
    sayAddress();
    say('A new address is printed on SIGHUP.');
  }
} catch (error) {
  if (!(error instanceof LintelError)) throw error;
  process.stderr.write(`lintel: ${error.message} [${error.code}]\n`);
  process.exitCode = 1;
}
