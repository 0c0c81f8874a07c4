import { InvalidArgumentError, type Command } from 'commander';
import type { MakeCommand, Printing } from './make-command.ts';
import { asListed, inPeriod, ofEventKinds, ofFace, withSignIn } from './shared-options.ts';

const accessCommands = () => import('./access-commands.ts');
const doorCommands = () => import('./door-commands.ts');
const eventCommands = () => import('./event-commands.ts');
const stationCommands = () => import('./station-commands.ts');
const targetCommands = () => import('./target-commands.ts');

/** The commands of a door: who may pass it, and what happened there. */
export function addDoorCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const door = root.command('door').description('What opens the door.');
  command('show', 'Say what opens it.', door).action(printing(async () => (await doorCommands()).showDoor));
  command('set', 'Set what opens it, from the next start of the appliance on.', door)
    .argument('<file>', 'as JSON, see docs/doors.md; - reads it from standard input')
    .action(printing(async () => (await doorCommands()).setDoor));
  command('remove', 'Open none from the next start on.', door).action(
    printing(async () => (await doorCommands()).removeDoor),
  );

  const station = root
    .command('station')
    .description('A camera with lamps and buzzers in place of a screen.');
  command('show', 'Say what it is made of.', station).action(
    printing(async () => (await stationCommands()).showStation),
  );
  command('set', 'Set what it is made of, from the next start with --no-screen on.', station)
    .argument('<file>', 'as JSON, see docs/station.md; - reads it from standard input')
    .action(printing(async () => (await stationCommands()).setStation));
  command('remove', 'Forget it.', station).action(
    printing(async () => (await stationCommands()).removeStation),
  );

  const access = root.command('access').description('Who may pass where and when.');
  command('show', 'Print the rules in force.', access).action(
    printing(async () => (await accessCommands()).showAccess),
  );
  command('set', 'Put rules in force, from the next visit on.', access)
    .argument('<file>', 'the rules as JSON; - reads them from standard input')
    .action(printing(async () => (await accessCommands()).setAccess));
  command('remove', 'Let in everybody who is enrolled, at any time.', access).action(
    printing(async () => (await accessCommands()).removeAccess),
  );
  ofFace(command('check', 'Say what the rules say about a person, and why.', access))
    .option(
      '--at <time>',
      'such as 2026-12-24T18:00, by the clock of this machine, or 2026-12-24T18:00+01:00 (default: now)',
    )
    .option('--level <level>', 'what the visit proved', 'steps')
    .action(printing(async () => (await accessCommands()).checkAccess));

  const webhook = root.command('webhook').description('Who is told of events.');
  ofEventKinds(command('add', 'Tell an address of all that happens from now on.', webhook))
    .argument('<url>', 'such as https://www.example.com/door')
    .option('--allow-private', 'plain http and private addresses too')
    .action(printing(async () => (await targetCommands()).addTarget));
  command('list', 'List who is told, and what each has yet to take.', webhook).action(
    printing(async () => (await targetCommands()).listTargets),
  );
  asListed(command('remove', 'Tell it no more, nor what it has not taken yet.', webhook)).action(
    printing(async () => (await targetCommands()).removeTarget),
  );

  const mqtt = root
    .command('mqtt')
    .description('Brokers at which events are published; webhook lists and removes them.');
  const publish = command('add', 'Publish all that happens from now on at a broker.', mqtt)
    .argument('<url>', 'such as mqtts://broker.example:8883')
    .requiredOption('--topic <topic>', 'begins every topic, such as lintel/front');
  withSignIn(ofEventKinds(publish), 'broker')
    .option('--discovery <prefix>', 'where Home Assistant looks for devices', 'homeassistant')
    .option('--no-discovery', 'tell Home Assistant of no device')
    .option('--allow-plain', 'permit mqtt without TLS')
    .action(printing(async () => (await targetCommands()).addBroker));

  const events = command('events', 'List what happened here, the newest first.').option(
    '--limit <number>',
    'at most so many',
    toCount,
    50,
  );
  ofEventKinds(events)
    .option('--outcome <list>', 'only decisions that ended so, such as denied,undecided')
    .option('--face <id>', 'only about this face')
    .option('--key <key>', 'only about the face with this external key')
    .option('--collection <id>', 'the collection of the external key');
  inPeriod(events)
    .option('--csv', 'print a table for spreadsheets')
    .action(printing(async () => (await eventCommands()).listEvents));
}

function toCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 200_000) return count;
  throw new InvalidArgumentError('It is a number from 1 to 200000.');
}
