import { DoorConfig, LintelError, type ActuatorConfig } from '#contract';
import { readDocument } from './access-commands.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';

/** What opens the door, without anything that may be a secret. */
export async function showDoor(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ door }) => answerOf(await door.config()));
}

/** Keeps it sealed in the store; it counts from the next start on. @throws LintelError `usage` */
export async function setDoor(file: string, options: InStore): Promise<Answer> {
  const config = await readDocument(file, DoorConfig);
  requireReach(config.actuator);
  return await withStore(options, async ({ door }) => {
    await door.setConfig(config);
    const { json, text } = answerOf(config);
    const rules =
      (await door.policy()) === null ? ['No access rules are set: everybody who is enrolled opens it.'] : [];
    return { json, text: [text, ...rules, 'It counts from the next start of the appliance on.'].join('\n') };
  });
}

export async function removeDoor(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ door }) => {
    await door.setConfig(null);
    return answerOf(null);
  });
}

/** Said when it is set, rather than when somebody stands at the door. */
function requireReach(actuator: ActuatorConfig): void {
  if (actuator.kind !== 'http' || actuator.allowHttp) return;
  const { open, close, refresh, state } = actuator;
  const urls = [open, close, refresh, state?.call].flatMap((call) => (call ? [call.url] : []));
  if (urls.some((url) => new URL(url).protocol === 'http:')) {
    throw new LintelError(
      'usage',
      'Over plain http, who listens can open the door. Use https, or set allowHttp.',
    );
  }
}

/** What the actuator talks to: a host or a program. */
function reached(actuator: ActuatorConfig): string {
  return actuator.kind === 'command' ? actuator.open[0]! : new URL(actuator.open.url).origin;
}

function answerOf(config: DoorConfig | null): Answer {
  if (config === null) return { json: { door: null }, text: 'There is no door.' };
  const { actuator, ...rest } = config;
  const shown = { kind: actuator.kind, reaches: reached(actuator) };
  return {
    json: { door: { ...rest, actuator: shown } },
    text: `Door ${config.doorId}${config.direction ? `, leads ${config.direction}` : ''}: opens for ${config.pulseMs} ms by ${shown.kind} (${shown.reaches}).`,
  };
}
