import { InvalidArgumentError, Option, type Command } from 'commander';
import { DRILL_KINDS, OPERATOR_ROLES, QuarterTurn, SetBackDecision } from '#contract';
import type { AskSecret } from './ask-secret.ts';
import type { MakeCommand, Printing } from './make-command.ts';
import { onOneLine, type Output } from './output.ts';
import { ofAccount, ofErasure, ofFace } from './shared-options.ts';
import type { InStore } from './store-access.ts';

const drillCommands = () => import('./drill-commands.ts');
const cameraCommands = () => import('./camera-commands.ts');
const cameraTurn = () => import('./camera-turn.ts');
const auditCommands = () => import('./audit-commands.ts');
const exportCommands = () => import('./export-commands.ts');
const operatorCommands = () => import('./operator-commands.ts');
const pinCommands = () => import('./pin-commands.ts');
const personalDataCommands = () => import('./personal-data-commands.ts');
const vaultCommands = () => import('./vault-commands.ts');

/** The commands that look after the store, its log and the people in it. */
export function addVaultCommands(
  root: Command,
  command: MakeCommand,
  printing: Printing,
  ask: AskSecret,
  output: Output,
): void {
  addPersonCommands(root, command, printing);
  addAuditCommands(root, command, printing);
  addBackupCommands(root, command, printing);
  addKeyCommands(root, command, printing);
  addPinCommands(root, command, printing, ask);
  addOperatorCommands(root, command, printing, ask);
  addCameraCommands(root, command, printing, output);
  addDrillCommands(root, command, printing, output);
  command('retention', 'Say what is kept for how long, and remove now what the settings do not let stay.')
    .option('--schedule', 'only say it')
    .option('--trust-clock', 'the clock is right, also where it contradicts what was known')
    .action(printing(async () => (await vaultCommands()).retain));
  command('set-back', 'Say whether the store is an older copy of itself, or decide what becomes of it.')
    .argument('[decision]', SetBackDecision.options.join(' or '))
    .action(printing(async () => (await vaultCommands()).setBack));
  command('doctor', 'Examine this installation step by step, and say what to do.')
    .option('--repair', 'take out what is kept as a template and is none')
    .action(printing(async () => (await vaultCommands()).doctor));
}

function addPersonCommands(root: Command, command: MakeCommand, printing: Printing): void {
  ofAccount(
    ofErasure(command('erase', 'Erase a person without a trace, and write a signed receipt.')),
  ).action(printing(async () => (await personalDataCommands()).erasePerson));

  const receipt = root.command('receipt').description('Receipts of erasures.');
  command('verify', 'Say whether a receipt is genuine.', receipt)
    .argument('<file>', 'the receipt')
    .addOption(publicKey())
    .action(printing(async () => (await personalDataCommands()).checkReceipt));
  ofAccount(command('reissue', 'Write the receipt of a face that was deleted earlier.', receipt))
    .requiredOption('--face <id>', 'the face')
    .option('--out <file>', 'write the receipt here too')
    .action(printing(async () => (await personalDataCommands()).reissueReceipt));

  ofFace(
    command('export', 'Write everything that is kept about one person, or everybody, readable by anybody.'),
  )
    .option('--all', 'everybody, with lists that "lintel import" takes')
    .requiredOption('--out <dir>', 'a folder that does not exist')
    .action(printing(async () => (await exportCommands()).exportPeople));
}

function addCameraCommands(root: Command, command: MakeCommand, printing: Printing, output: Output): void {
  const camera = root.command('camera').description('The cameras that belong to this appliance.');
  command('list', 'List the cameras connected, and what speaks against them.', camera).action(
    printing(async () => (await cameraCommands()).listCameras),
  );
  command('confirm', 'The cameras connected now belong here.', camera).action(
    printing(async () => (await cameraCommands()).confirmCameras),
  );
  command(
    'turn',
    'Find how the camera hangs by somebody who stands upright before it, and store that.',
    camera,
  )
    .argument('[pictures...]', 'pictures of that camera, in place of new ones')
    .option('--camera <device>', 'the camera (default: /dev/video0)')
    .addOption(
      new Option(
        '--degrees <degrees>',
        'store this instead: by how much its pictures are turned clockwise to be upright',
      ).argParser(toTurn),
    )
    .option('--dry-run', 'only say what was found')
    .action(
      printing(async () => {
        const { turnCamera } = await cameraTurn();
        return (pictures: string[], options: Parameters<typeof turnCamera>[1]) =>
          onOneLine(output, (tell) => turnCamera(pictures, options, tell));
      }),
    );
}

function toTurn(text: string): QuarterTurn {
  const { success, data } = QuarterTurn.safeParse(Number(text));
  if (!success || text.trim() === '') throw new InvalidArgumentError('It is 0, 90, 180 or 270.');
  return data;
}

function addDrillCommands(root: Command, command: MakeCommand, printing: Printing, output: Output): void {
  const drill = root
    .command('attack-drill')
    .description(
      'Hold pictures up at the camera of the appliance that runs here, and report what came of it.',
    );
  command('run', 'Guide a person through presentations, and write a signed report.', drill)
    .option('--kinds <list>', 'what is presented', DRILL_KINDS.join(','))
    .addOption(new Option('--count <count>', 'of each kind').argParser(toCount).default(10))
    .requiredOption('--out <file>', 'a file that does not exist, for the report')
    .action(
      printing(async () => {
        const { holdDrill } = await drillCommands();
        return (options: Parameters<typeof holdDrill>[0]) =>
          holdDrill(options, { input: process.stdin, say: (line) => output.stderr(`${line}\n`) });
      }),
    );
  command('verify', 'Say whether a report is genuine, and what it says.', drill)
    .argument('<file>', 'the report')
    .addOption(publicKey())
    .action(printing(async () => (await drillCommands()).checkDrillReport));
}

function addAuditCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const audit = root.command('audit').description('The audit log.');
  command('verify', 'Find any edit, removal, reordering or truncation.', audit)
    .argument('[file]', 'an exported log (default: the one of this store)')
    .addOption(publicKey())
    .option(
      '--anchor <file...>',
      'heads kept elsewhere: of `audit anchor`, `device anchors --json`, receipts, backups',
    )
    .action(printing(async () => (await auditCommands()).verifyAudit));
  toNewFile(command('export', 'Write the log to a file, one JSON object a line.', audit)).action(
    printing(async () => (await auditCommands()).exportAudit),
  );
  command('tail', 'Show the last entries.', audit)
    .addOption(new Option('--lines <count>', 'how many').argParser(toCount).default(20))
    .action(printing(async () => (await auditCommands()).tailAudit));
  command('anchor', 'Print the signed head and the public key, to be kept elsewhere.', audit).action(
    printing(async () => (await auditCommands()).anchorAudit),
  );
}

function addBackupCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const backup = root.command('backup').description('Encrypted backups.');
  const withFile = (name: string, description: string): Command =>
    command(name, description, backup)
      .argument('<file>', 'the backup')
      .option('--backup-key-file <file>', 'key of the backup (default: that of the store)')
      .option('--backup-passphrase-file <file>', 'passphrase of the backup');
  withFile('create', 'Write a backup, also while the appliance runs.').action(
    printing(async () => (await vaultCommands()).backUp),
  );
  withFile('verify', 'Check everything in a backup.').action(
    printing(async () => (await vaultCommands()).checkBackup),
  );
  withFile('restore', 'Make a store of a backup; who was erased since stays erased.')
    .option('--receipts <file...>', 'erasure receipts, besides those in the data folder')
    .option('--replace', 'take the place of the store that is there')
    .action(printing(async () => (await vaultCommands()).restore));
}

function addKeyCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const keys = root.command('keys').description('Make and exchange keys; nobody has to be enrolled again.');
  toNewFile(command('create', 'Make a key file, which only its owner can read.', keys)).action(
    printing(async () => (await vaultCommands()).makeKeyFile),
  );
  command('wrap', 'Seal the data key with another key-encryption key.', keys)
    .option('--to-key-file <file>', 'the new key, made if it is missing')
    .option('--to-passphrase-file <file>', 'a file with the new passphrase')
    .action(printing(async () => (await vaultCommands()).changeKeyEncryptionKey));
  command('rotate', 'Encrypt the store with a new data key, while nothing else uses it.', keys).action(
    printing(async () => (await vaultCommands()).changeDataKey),
  );
  command('renew-templates', 'Rotate all templates by a new secret.', keys).action(
    printing(async () => (await vaultCommands()).renewTemplates),
  );
}

function addPinCommands(root: Command, command: MakeCommand, printing: Printing, ask: AskSecret): void {
  const pin = root
    .command('pin')
    .description('The PIN of the first administrator, also while the appliance runs.');
  command('set', 'Set the PIN, asked for here or read from standard input.', pin).action(
    printing(async () => {
      const { setPin } = await pinCommands();
      return (options: Parameters<typeof setPin>[0]) => setPin(options, ask);
    }),
  );
  command(
    'reset',
    'Forget the PINs of administrators, and print a set-up code to choose another at the screen.',
    pin,
  ).action(printing(async () => (await pinCommands()).forgetPin));
}

function addOperatorCommands(root: Command, command: MakeCommand, printing: Printing, ask: AskSecret): void {
  const operator = root
    .command('operator')
    .description(
      'Who operates this appliance, also while it runs. PINs are asked for, or read from standard input.',
    );
  command('list', 'List the operators and their roles.', operator).action(
    printing(async () => (await operatorCommands()).listOperators),
  );
  command('add', 'Add an operator.', operator)
    .argument('<name>', 'by which they sign in')
    .requiredOption('--role <role>', OPERATOR_ROLES.join(', '))
    .action(
      printing(async () => {
        const { addOperator } = await operatorCommands();
        return (name: string, options: Parameters<typeof addOperator>[1]) => addOperator(name, options, ask);
      }),
    );
  const ofOperator = (name: string, description: string): Command =>
    command(name, description, operator).argument('<operator>', 'id or name');
  ofOperator('role', 'Give an operator another role.')
    .argument('<role>', OPERATOR_ROLES.join(', '))
    .action(printing(async () => (await operatorCommands()).setOperatorRole));
  ofOperator('pin', 'Set the PIN of an operator.').action(
    printing(async () => {
      const { setOperatorPin } = await operatorCommands();
      return (who: string, options: InStore) => setOperatorPin(who, options, ask);
    }),
  );
  ofOperator('remove', 'Remove an operator; the last administrator stays.').action(
    printing(async () => (await operatorCommands()).removeOperator),
  );
}

const toNewFile = (command: Command): Command => command.argument('<file>', 'a file that does not exist');

const publicKey = (): Option =>
  new Option('--public-key <key>', 'of the device (default: that of this store)');

function toCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is not a count.');
  return value;
}
