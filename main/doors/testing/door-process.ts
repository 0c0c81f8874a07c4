import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { DoorConfig } from '#contract';
import { openActuator } from '../actuators.ts';
import { createDoor } from '../door.ts';

/** A process with a door, to be killed in the middle of a pulse: `door-process.ts CONFIG pulse|wait`. */
const [path = '', what] = process.argv.slice(2);
const config = DoorConfig.parse(JSON.parse(await readFile(path, 'utf8')));
const door = createDoor({
  config,
  actuator: openActuator(config.actuator),
  tell: () => undefined,
  log: pino({ level: 'silent' }),
});
if (what === 'pulse') {
  // Until it is certain that the door is shut.
  while (!door.pulse()) await new Promise((resolve) => setTimeout(resolve, 20));
}
process.once('SIGTERM', () => void door.end().then(() => process.exit(0)));
setInterval(() => undefined, 60_000);
