import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import {
  DEFAULT_THRESHOLD,
  exitStatusOf,
  isNoShare,
  LintelError,
  oneLine,
  plainJson,
  plainText,
  Scope,
  toErrorBody,
} from '#contract';
import type { OpenNetworks } from '../appliance/index.ts';
import { modelChoiceOption } from '../process/index.ts';
import { askSecret, type AskSecret } from './ask-secret.ts';
import type { Answer, StoreOptions } from './commands.ts';
import { addConsentCommands } from './consent-program.ts';
import { onOneLine, type Output } from './output.ts';
import { addDoorCommands } from './door-program.ts';
import type { Printing } from './make-command.ts';
import { camera, consent, inCollection, ofFace, withAccess } from './shared-options.ts';
import { addSyncCommands } from './sync-program.ts';
import { addCardCommands } from './card-program.ts';
import { addVisitorCommands } from './visitor-program.ts';
import { addVaultCommands } from './vault-program.ts';

const accountCommands = () => import('./account-commands.ts');
const calibration = () => import('./calibrate.ts');
const pictureCommands = () => import('./commands.ts');
const settingsCommands = () => import('./settings-commands.ts');
const databaseCommands = () => import('./database-commands.ts');
const faceCommands = () => import('./face-commands.ts');
const importCommand = () => import('./import-command.ts');
const modelCommands = () => import('./model-commands.ts');

/**
 * Runs one `lintel` command.
 * @param args the words after the program's name
 * @param ask for what must not stand on the command line
 * @param openNetworks by default `openRecognition`
 * @returns the exit status: 0 for an answer, match or not; 2 for bad input, and where nobody of a list was taken; 1 for a fault
 */
export async function runCli(
  args: readonly string[],
  output: Output,
  ask: AskSecret = askSecret,
  openNetworks?: OpenNetworks,
): Promise<number> {
  const json = args.includes('--json');
  let status = 0;
  let help = '';
  const print = ({ json: value, text, status: own }: Answer): void => {
    output.stdout(json ? `${plainJson(value)}\n` : `${plainText(text)}\n`);
    status = value['healthy'] === false ? 1 : (own ?? 0);
  };
  try {
    await program(print, output, ask, openNetworks, (text) => (help += text)).parseAsync(args, {
      from: 'user',
    });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === 'commander.help') {
      // No command was named: the list of them says more than an error would.
      output.stderr(help);
      return 2;
    }
    const body = toErrorBody(
      error instanceof CommanderError
        ? new LintelError('usage', error.message.replace(/^error: /, ''))
        : error,
    );
    if (json) output.stdout(`${plainJson({ error: body })}\n`);
    // Only commander's own messages have several lines.
    const message = error instanceof CommanderError ? plainText(body.message) : oneLine(body.message);
    output.stderr(`lintel: ${message} [${body.code}]\n`);
    return exitStatusOf(body.code);
  }
}

/** @throws what failed; which collection is not there, where that is it */
function namingCollection(error: unknown, collection: string | undefined): never {
  const isUnknown = error instanceof LintelError && error.code === 'collection-not-found';
  if (!isUnknown || collection === undefined) throw error;
  throw new LintelError(
    'collection-not-found',
    `(${collection}; "lintel collections" lists those there are)`,
    {
      cause: error,
    },
  );
}

/** Words and options of every command. */
function program(
  print: (answer: Answer) => void,
  output: Output,
  ask: AskSecret,
  openNetworks: OpenNetworks | undefined,
  writeErr: (text: string) => void,
): Command {
  const root = new Command('lintel')
    .description('Enrol, recognise and manage people in the store of this appliance.')
    .exitOverride()
    .configureOutput({ writeOut: output.stdout, writeErr });
  const command = (name: string, description: string, parent = root): Command =>
    parent
      .command(name)
      .description(description)
      .addOption(new Option('--data <dir>', 'folder of the store').env('LINTEL_DATA').default('./data'))
      .option('--key-file <file>', 'key of the store (default: LINTEL_KEY_FILE, else ~/.config/lintel/key)')
      .option('--passphrase-file <file>', 'passphrase of the store (default: LINTEL_PASSPHRASE_FILE)')
      .addOption(modelChoiceOption())
      .option('--json', 'print one JSON object')
      .setOptionValue('openNetworks', openNetworks);
  const printing: Printing =
    (load) =>
    async (...given) => {
      const run = await load();
      // Commander adds the command itself to the end.
      const { collection } = (given.at(-1) as Command).opts<{ collection?: string }>();
      const words = given.slice(0, -1) as Parameters<typeof run>;
      print(await run(...words).catch((error: unknown) => namingCollection(error, collection)));
    };
  withAccess(
    inCollection(command('enrol', 'Enrol one person; several images become references of one face.')),
  )
    .alias('enroll')
    .option('--key <key>', 'your own identifier of this person')
    .option('--name <name>', 'the name this person is greeted with')
    .addOption(consent())
    .addOption(camera())
    .argument('[images...]', 'JPEG or PNG files')
    .action(printing(async () => (await pictureCommands()).enrol));

  inCollection(command('identify', 'Say who is in the image.'))
    .addOption(threshold())
    .addOption(camera())
    .argument('[image]', 'a JPEG or PNG file')
    .action(printing(async () => (await pictureCommands()).identify));

  command('verify', 'Say whether two images show the same person.')
    .addOption(threshold())
    .argument('<first>', 'a JPEG or PNG file')
    .argument('<second>', 'a JPEG or PNG file')
    .action(printing(async () => (await pictureCommands()).verify));

  command('detect', 'Find the faces in an image.')
    .argument('<image>', 'a JPEG or PNG file')
    .action(printing(async () => (await pictureCommands()).detect));

  command('collections', 'List the collections.').action(
    printing(async () => (await pictureCommands()).collections),
  );

  inCollection(
    command('import', 'Enrol the people of a list (CSV), or of a folder with one folder of pictures each.'),
  )
    .addOption(consent('everybody listed'))
    .option('--dry-run', 'only say what would become of each: nobody is enrolled')
    .option(
      '--api-key-file <file>',
      'the key of a recognition service, where the people come from CompreFace',
    )
    .option('--allow-private', 'CompreFace at a private address or over plain http')
    .argument(
      '<from>',
      'a list with the columns name or key, pictures, groups, ...; a folder; or the address of a CompreFace server',
    )
    .action(
      printing(async () => {
        const { importPeople } = await importCommand();
        return (from: string, options: Parameters<typeof importPeople>[1]) =>
          onOneLine(output, (tell) => importPeople(from, options, tell));
      }),
    );

  inCollection(command('faces', 'List the faces of a collection.'))
    .option('--search <words>', 'only those whose name, external key or face id has these words')
    .action(printing(async () => (await faceCommands()).faces));

  ofFace(command('show', 'Show what is known of a face.')).action(
    printing(async () => (await faceCommands()).showFace),
  );

  withAccess(
    ofFace(command('edit', 'Correct name, external key or access of a face, or add pictures.')),
    'removes',
  )
    .option('--name <name>', 'in place of the former; "" removes it')
    .option('--new-key <key>', 'in place of the former; "" removes it')
    .addOption(camera())
    .argument('[images...]', 'JPEG or PNG files of the same person')
    .action(printing(async () => (await faceCommands()).editFace));

  ofFace(command('delete', 'Delete a face.')).action(printing(async () => (await faceCommands()).deleteFace));

  ofFace(command('unlearn', 'Remove the references that the appliance added to a face by itself.')).action(
    printing(async () => (await faceCommands()).unlearn),
  );

  command(
    'calibrate',
    'Measure how alike different people are here, and decide by that from the next start on.',
  )
    .option('--collection <id>', 'the collection, of at least 100 people, nobody in it twice')
    .option('--images <dir>', 'or a folder with one folder of pictures per person, of at least 100 people')
    .option(
      '--groups <csv>',
      'so that the worst group keeps each rate: a file with the header person,group (external keys, or folders of --images) or image,group',
    )
    .option('--dry-run', 'only show what was measured')
    .option('--reset', 'go back to the calibration that came with the model')
    .action(
      printing(async () => {
        const { calibrate } = await calibration();
        return (options: Parameters<typeof calibrate>[0]) =>
          onOneLine(output, (tell) => calibrate(options, tell));
      }),
    );
  const settings = root.command('settings').description('The settings of this appliance, all of them.');
  command('show', 'Print each with its value.', settings).action(
    printing(async () => (await settingsCommands()).showSettings),
  );
  command('set', 'Change one, from the next start of the appliance on.', settings)
    .argument('<name>', 'as shown')
    .argument('<value>', 'a word, a number, true, false, null, or JSON')
    .action(printing(async () => (await settingsCommands()).setSetting));

  const models = root.command('models').description('The embedding model that serves, and changing it.');
  command('status', 'Say which model serves and how far the next one is.', models).action(
    printing(async () => (await modelCommands()).modelsStatus),
  );
  command(
    'migrate',
    'Re-embed every image kept with the model that is set, then let it serve.',
    models,
  ).action(
    printing(async () => {
      const { migrateModels } = await modelCommands();
      return (options: StoreOptions) => onOneLine(output, (tell) => migrateModels(options, tell));
    }),
  );
  command('add', 'Add an embedding network of your own; calibrate it before it serves.', models)
    .argument('<file>', 'an ONNX file')
    .requiredOption('--spec <family>', 'arcface, adaface, edgeface, mobilefacenet, dlib, or a JSON file')
    .requiredOption('--name <name>', 'your name for it, a to z, 0 to 9, - and _')
    .requiredOption('--licence <text>', 'under which terms it may be used here; shown wherever it is named')
    .action(printing(async () => (await modelCommands()).addModel));
  command('list', 'List the networks, those that you added with their licences.', models).action(
    printing(async () => (await modelCommands()).listModels),
  );
  command('remove', 'Remove a network that you added and that does not serve.', models)
    .argument('<name>', 'as listed')
    .action(printing(async () => (await modelCommands()).removeModel));

  addVaultCommands(root, command, printing, ask, output);
  addDoorCommands(root, command, printing);
  addConsentCommands(root, command, printing);
  addVisitorCommands(root, command, printing);
  addCardCommands(root, command, printing);
  addSyncCommands(root, command, printing, output);
  const server = root.command('server').description('The database of a server.');
  command('move', 'Copy the store from the data folder into a database, or back. No server may run.', server)
    .option('--to <url>', 'such as postgres://host/database')
    .option('--from <url>', 'the other way round')
    .action(
      printing(async () => {
        const { moveServer } = await databaseCommands();
        return (options: Parameters<typeof moveServer>[0]) =>
          onOneLine(output, (tell) => moveServer(options, tell));
      }),
    );
  command(
    'turn-epochs',
    'Destroy every key but a new one: what was deleted cannot be read any more, nor any backup.',
    server,
  ).action(printing(async () => (await databaseCommands()).turnEpochs));
  const account = root.command('account').description('Accounts of the server, also while it runs.');
  command('create', 'Create an account and its first API key.', account)
    .argument('<name>', 'your name for it')
    .action(printing(async () => (await accountCommands()).createAccount));
  command('list', 'List the accounts and the ids of their keys.', account).action(
    printing(async () => (await accountCommands()).listAccounts),
  );
  const ofAccount = (name: string, description: string, parent = account): Command =>
    command(name, description, parent).argument('<account>', 'id or name of the account');
  ofAccount('plan', 'Set what an account may call: free, pro, enterprise, or unlimited.')
    .argument('<plan>', 'its plan from now on')
    .action(printing(async () => (await accountCommands()).setPlan));
  ofAccount('descriptors', 'Let clients send face-api descriptors instead of pictures: on or off.')
    .argument('<setting>', 'on, or off, which removes what is kept of them')
    .action(printing(async () => (await accountCommands()).setDescriptors));
  ofAccount('events', 'Set for how many days what happened at its appliances is kept (30 at first).')
    .argument('<days>', 'from 1 to 3650')
    .action(printing(async () => (await accountCommands()).keepEvents));
  const keys = account.command('keys').description('API keys of an account.');
  ofAccount('add', 'Add a key.', keys)
    .option('--scopes <list>', 'what it may do', Scope.options.join(','))
    .option('--test', 'a test key of FaceSmash: few requests, no deleting of users, no webhooks')
    .action(printing(async () => (await accountCommands()).addApiKey));
  const ofKey = (name: string, description: string, parent: Command): Command =>
    command(name, description, parent).argument('<keyId>', 'the key, as listed');
  ofKey('revoke', 'Revoke a key at once.', keys).action(
    printing(async () => (await accountCommands()).revokeApiKey),
  );
  const origins = account.command('origins').description('Web pages that may use tokens of a key.');
  ofKey('list', 'List the origins of a key.', origins).action(
    printing(async () => {
      const { pageOrigins } = await accountCommands();
      return (keyId: string, options: StoreOptions) => pageOrigins(keyId, (all) => all, options);
    }),
  );
  const changing = (change: (all: readonly string[], origin: string) => string[]) =>
    printing(async () => {
      const { pageOrigins } = await accountCommands();
      return (keyId: string, origin: string, options: StoreOptions) =>
        pageOrigins(keyId, (all) => change(all, origin), options);
    });
  ofKey('add', 'Let pages of an origin use tokens of a key.', origins)
    .argument('<origin>', 'such as https://www.example.com')
    .action(changing((all, origin) => [...all, origin]));
  ofKey('remove', 'Let them use none, from the next request on.', origins)
    .argument('<origin>', 'as listed')
    .action(changing((all, origin) => all.filter((each) => each !== origin)));

  return root;
}

function threshold(): Option {
  return new Option('--threshold <confidence>', 'least confidence of a match, 0 to 100')
    .argParser(toConfidence)
    .default(DEFAULT_THRESHOLD);
}

/** Refuses shares, see `isNoShare`. */
function toConfidence(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It is not a number.');
  if (value >= 0 && !isNoShare(value)) {
    throw new InvalidArgumentError(
      `It is a confidence from 0 to 100: write ${Math.round(value * 100)} for ${text}.`,
    );
  }
  return value;
}
