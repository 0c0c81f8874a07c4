#!/usr/bin/env node
/**
 * The browser in front of an appliance that runs as another user. It holds no data and no key: the appliance gives it a
 * one-time address through a socket.
 */
import { flushCompileCache } from 'node:module';
import { Command } from 'commander';
import { createLog } from './process/index.ts';
import { findChromium, obeysPolicy, openScreen } from './shell/chromium.ts';
import { askForInvitation } from './shell/screen-socket.ts';

const { socket } = new Command('lintel-screen')
  .description('Shows the kiosk of an appliance that runs as another user.')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .requiredOption('--socket <path>', 'where the appliance gives out addresses')
  .parse()
  .opts<{ socket: string }>();

const log = createLog();
const chromium = await findChromium();
if (chromium === null || process.getuid?.() === 0) {
  const reason = chromium === null ? 'Chromium is not installed' : 'a browser must not run as root';
  process.stderr.write(`lintel: ${reason}.\n`);
  process.exit(2);
}
/** Once answered, it is asked no more: after a change of the policy, this program must be started again. */
let isObedient = await obeysPolicy(chromium);
const screen = openScreen({
  chromium,
  newAddress: async (onGone, isOpen) => {
    if (!isOpen) isObedient ??= await obeysPolicy(chromium);
    if (isObedient === null) log.warn('the browser does not say whether it obeys its policy: taken for a no');
    return await askForInvitation(socket, { obeysPolicy: isObedient ?? false, isOpen }, onGone);
  },
  log,
});
// As the appliance does: a process that is killed keeps nothing for the next one.
flushCompileCache();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void screen.close().then(() => process.exit(0)));
}
