import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { validateHeaderValue } from 'node:http';
import { DoorConfig, LintelError, type ActuatorConfig } from '#contract';
import {
  acceptsTarget,
  faultText,
  problemOf,
  programsOf,
  reached,
  readDoorFault,
  tryActuator,
} from '../doors/index.ts';
import { accessOfServer } from '../sync/index.ts';
import type { Answer } from './commands.ts';
import { readDocument } from './documents.ts';
import { withStore, type InStore } from './store-access.ts';

/** What opens the door, without anything that may be a secret, and whether it is in fault. */
export async function showDoor(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ door, events }) => {
    const config = await door.config();
    const { json, text } = answerOf(config);
    if (config === null) return { json, text };
    const fault = await readDoorFault(events, config.doorId);
    const inFault = fault && { since: fault.since, why: fault.why };
    return { json: { ...json, fault: inFault }, text: fault ? `${text}\n${faultText(fault)}` : text };
  });
}

/** Keeps it sealed in the store, and tries it: it may be away now. It counts from the next start on. @throws LintelError `usage` */
export async function setDoor(file: string, options: InStore): Promise<Answer> {
  const config = await readDocument(file, DoorConfig);
  await requireReach(config.actuator);
  const hasRules = await withStore({ ...options, makesStore: true }, async (store) => {
    await store.door.setConfig(config);
    return (await accessOfServer(store)).source !== 'own' || (await store.door.policy()) !== null;
  });
  const problem = await problemOf(tryActuator(config.actuator));
  const { json, text } = answerOf(config);
  const lines = [
    text,
    ...(hasRules ? [] : ['No access rules are set: everybody who is enrolled opens it.']),
    ...(problem === null ? [] : [awayNow(problem)]),
    'It counts from the next start of the appliance on.',
  ];
  return { json: { ...json, problem }, text: lines.join('\n') };
}

/** What was set, and cannot be reached. */
export const awayNow = (problem: string): string => `It cannot be reached now: ${problem}.`;

export async function removeDoor(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ door }) => {
    await door.setConfig(null);
    return answerOf(null);
  });
}

/** Said when it is set, rather than when a visitor stands at the door. @throws LintelError `usage` */
export async function requireReach(actuator: ActuatorConfig): Promise<void> {
  for (const program of programsOf(actuator)) await requireProgram(program);
  if (actuator.kind === 'mqtt') requireTls(actuator.broker.url, actuator.allowPlain);
  if (actuator.kind !== 'http') return;
  const { open, close, refresh, state, allowHttp, allowPrivate } = actuator;
  for (const call of [open, close, refresh, state?.call]) {
    if (!call) continue;
    requireTls(call.url, allowHttp);
    const address = new URL(call.url);
    address.protocol = 'https:';
    if (!acceptsTarget(address.href, allowPrivate)) {
      throw new LintelError(
        'usage',
        'An address has no password in it, and is public unless allowPrivate is set.',
      );
    }
    for (const [name, value] of Object.entries(call.headers)) requireHeader(name, value);
  }
}

async function requireProgram(path: string): Promise<void> {
  const canRun = await access(path, constants.X_OK).then(
    async () => (await stat(path)).isFile(),
    () => false,
  );
  if (!canRun) throw new LintelError('usage', `${path} is no program that can be run here.`);
}

function requireTls(url: string, isPlainAllowed: boolean): void {
  if (isPlainAllowed || !/^(http|mqtt):/.test(url)) return;
  throw new LintelError(
    'usage',
    'Without TLS, who listens can open the door. Use https or mqtts, or set allowHttp or allowPlain.',
  );
}

function requireHeader(name: string, value: string): void {
  try {
    validateHeaderValue(name, value);
  } catch (error) {
    throw new LintelError('usage', `The header ${name} holds what no header may.`, { cause: error });
  }
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
