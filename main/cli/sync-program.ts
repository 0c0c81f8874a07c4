import { InvalidArgumentError, Option, type Command } from 'commander';
import { AssuranceLevel, EVENT_TELLING, RESOLUTIONS } from '#contract';
import type { MakeCommand, Printing } from './make-command.ts';
import { onOneLine, type Output } from './output.ts';
import type { InStore } from './store-access.ts';

const deviceCommands = () => import('./device-commands.ts');
const syncCommands = () => import('./sync-commands.ts');

/** The commands that keep an appliance in step with its server, and those that look after a server's appliances. */
export function addSyncCommands(
  root: Command,
  command: MakeCommand,
  printing: Printing,
  output: Output,
): void {
  command('pair', 'Join a server by a code that it gave out.')
    .argument('<code>', 'the pairing code')
    .requiredOption('--server <url>', 'address of the server')
    .option('--name <name>', 'what to be called there (default: the name of this machine)')
    .addOption(allowHttp())
    .action(printing(async () => (await syncCommands()).pair));
  command('connect', 'Keep in step with a server by the Realeyes API, with the key in LINTEL_API_KEY.')
    .requiredOption('--server <url>', 'address of the server')
    .addOption(allowHttp())
    .action(printing(async () => (await syncCommands()).connectRealeyes));
  command(
    'unpair',
    'Leave the server, which hears nothing of it; everybody who is enrolled here stays.',
  ).action(printing(async () => (await syncCommands()).unpair));
  addExchangeCommands(root, command, printing, output);
  addDeviceCommands(root, command, printing);
}

function addExchangeCommands(root: Command, command: MakeCommand, printing: Printing, output: Output): void {
  const sync = root.command('sync').description('Keeping in step with the server.');
  command('status', 'Say how this appliance is doing with its server.', sync).action(
    printing(async () => (await syncCommands()).syncStatus),
  );
  command('now', 'Send and take what changed, now; the appliance may be running.', sync).action(
    printing(async () => {
      const { syncNow } = await syncCommands();
      return (options: Parameters<typeof syncNow>[0]) => onOneLine(output, (tell) => syncNow(options, tell));
    }),
  );
  command('pause', 'Send and take nothing by itself until resumed.', sync).action(printing(pausing(true)));
  command('resume', 'Go on after a pause.', sync).action(printing(pausing(false)));
  command('retry', 'Send once more what the server refused.', sync).action(
    printing(async () => (await syncCommands()).syncRetry),
  );
  command(
    'confirm-removals',
    'Remove the people that the server wants removed: so many that it waits for you.',
    sync,
  ).action(printing(async () => (await syncCommands()).syncConfirmRemovals));
  command('conflicts', 'List what somebody has to decide.', sync)
    .addOption(atServer())
    .action(printing(async () => (await syncCommands()).syncConflicts));
  command('resolve', 'Decide a conflict.', sync)
    .argument('<conflict>', 'its id, as listed')
    .argument('<resolution>', RESOLUTIONS.join(', '))
    .addOption(atServer())
    .action(printing(async () => (await syncCommands()).syncResolve));
}

function addDeviceCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const device = root
    .command('device')
    .description('Appliances of the server whose folder is --data, also while it runs.');
  command('invite', 'Make a code by which one appliance may join.', device)
    .requiredOption('--account <account>', 'id or name of the account')
    .option('--name <name>', 'what to call the appliance (default: as it calls itself)')
    .option('--collections <ids>', 'the collections in its scope, with commas (default: all)')
    .option('--no-images', 'pictures do not leave the appliance')
    .option('--no-enrol', 'the server takes no enrolments or changes from it')
    .option('--no-delete', 'the server takes no deletions from it')
    .option('--seal-on-revocation', 'when revoked, it removes every face that the server has')
    .option('--confirm-removals', 'it removes as many people at once as the server says, without asking')
    .addOption(leastAssurance())
    .addOption(events())
    .addOption(access())
    .addOption(poll())
    .action(printing(async () => (await deviceCommands()).inviteDevice));
  command('list', 'List the appliances and how far each is.', device)
    .option('--account <account>', 'id or name of the account (default: all)')
    .action(printing(async () => (await deviceCommands()).listDevices));
  const ofDevice = (name: string, description: string): Command =>
    command(name, description, device).argument('<device>', 'its id');
  ofDevice('policy', 'Show what an appliance is to do, or change it.')
    .option('--collections <ids>', 'the collections in its scope, with commas')
    .option('--all-collections', 'all collections are in its scope')
    .option('--enrol', 'the server takes enrolments and changes from it')
    .option('--no-enrol', 'the server takes no enrolments or changes from it')
    .option('--delete', 'the server takes deletions from it')
    .option('--no-delete', 'the server takes no deletions from it')
    .option('--images', 'pictures are sent to the server')
    .option('--no-images', 'pictures do not leave the appliance')
    .option('--seal-on-revocation', 'when revoked, it removes every face that the server has')
    .option('--no-seal-on-revocation', 'when revoked, it keeps its faces')
    .option('--confirm-removals', 'it removes as many people at once as the server says, without asking')
    .addOption(leastAssurance())
    .option('--no-confirm-removals', 'it asks its operator before it removes many')
    .addOption(events())
    .addOption(access())
    .option('--own-access', 'it goes by its own access rules')
    .addOption(poll())
    .action(printing(async () => (await deviceCommands()).devicePolicy));
  ofDevice('revoke', 'Refuse an appliance from now on, for good.').action(
    printing(async () => (await deviceCommands()).revokeDevice),
  );
  ofDevice(
    'anchors',
    'The heads of its audit log that an appliance told, for `audit verify --anchor`.',
  ).action(printing(async () => (await deviceCommands()).deviceAnchors));
}

const pausing = (isPaused: boolean) => async () => {
  const { setPaused } = await syncCommands();
  return (options: InStore) => setPaused(isPaused, options);
};

const allowHttp = (): Option =>
  new Option('--allow-http', 'permit plain http to another machine: anybody who listens learns the key');

const atServer = (): Option => new Option('--account <account>', 'at a server: id or name of the account');

const leastAssurance = (): Option =>
  new Option(
    '--least-assurance <level>',
    `the least that visitors prove: ${AssuranceLevel.options.join(', ')}`,
  );

const events = (): Option =>
  new Option('--events <what>', 'what it tells of what happens there').choices(EVENT_TELLING);

const access = (): Option =>
  new Option('--access <file>', 'access rules in place of its own, as of `access set`; - is standard input');

const poll = (): Option =>
  new Option('--poll <seconds>', 'how often it looks for changes').argParser((text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > 86_400) {
      throw new InvalidArgumentError('It is a number from 1 to 86400.');
    }
    return value;
  });
