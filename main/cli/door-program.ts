import { InvalidArgumentError, type Command } from 'commander';
import { checkAccess, removeAccess, setAccess, showAccess } from './access-commands.ts';
import { removeDoor, setDoor, showDoor } from './door-commands.ts';
import { listEvents } from './event-commands.ts';
import type { MakeCommand, Printing } from './make-command.ts';
import { asListed, inPeriod, ofEventKinds, ofFace, withSignIn } from './shared-options.ts';
import { removeStation, setStation, showStation } from './station-commands.ts';
import { addBroker, addTarget, listTargets, removeTarget } from './target-commands.ts';

/** The commands of a door: who may pass it, and what happened there. */
export function addDoorCommands(root: Command, command: MakeCommand, printing: Printing): void {
  const door = root.command('door').description('What opens the door.');
  command('show', 'Say what opens it.', door).action(printing(showDoor));
  command('set', 'Set what opens it, from the next start of the appliance on.', door)
    .argument('<file>', 'as JSON, see docs/doors.md; - reads it from standard input')
    .action(printing(setDoor));
  command('remove', 'Open none from the next start on.', door).action(printing(removeDoor));

  const station = root
    .command('station')
    .description('A camera with lamps and buzzers in place of a screen.');
  command('show', 'Say what it is made of.', station).action(printing(showStation));
  command('set', 'Set what it is made of, from the next start with --no-screen on.', station)
    .argument('<file>', 'as JSON, see docs/station.md; - reads it from standard input')
    .action(printing(setStation));
  command('remove', 'Forget it.', station).action(printing(removeStation));

  const access = root.command('access').description('Who may pass where and when.');
  command('show', 'Print the rules in force.', access).action(printing(showAccess));
  command('set', 'Put rules in force, from the next visit on.', access)
    .argument('<file>', 'the rules as JSON; - reads them from standard input')
    .action(printing(setAccess));
  command('remove', 'Let in everybody who is enrolled, at any time.', access).action(printing(removeAccess));
  ofFace(command('check', 'Say what the rules say about a person, and why.', access))
    .option('--at <time>', 'such as 2026-12-24T18:00:00+01:00 (default: now)')
    .option('--level <level>', 'what the visit proved', 'steps')
    .action(printing(checkAccess));

  const webhook = root.command('webhook').description('Who is told of events.');
  ofEventKinds(command('add', 'Tell an address of all that happens from now on.', webhook))
    .argument('<url>', 'such as https://www.example.com/door')
    .option('--allow-private', 'plain http and private addresses too')
    .action(printing(addTarget));
  command('list', 'List who is told, and what each has yet to take.', webhook).action(printing(listTargets));
  asListed(command('remove', 'Tell it no more, nor what it has not taken yet.', webhook)).action(
    printing(removeTarget),
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
    .action(printing(addBroker));

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
  inPeriod(events).option('--csv', 'print a table for spreadsheets').action(printing(listEvents));
}

function toCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 200_000) return count;
  throw new InvalidArgumentError('It is a number from 1 to 200000.');
}
