import type { ActuatorConfig } from '#contract';
import { UnansweredError, type Actuator } from './actuator.ts';
import { createCommandActuator } from './command-actuator.ts';
import { createGpioActuator, GPIO_TOOLS } from './gpio-actuator.ts';
import { createHttpActuator } from './http-actuator.ts';
import { createMqttActuator } from './mqtt-actuator.ts';

type Makers = { readonly [K in ActuatorConfig['kind']]: (config: ActuatorConfig<K>) => Actuator };

const MAKERS: Makers = {
  command: createCommandActuator,
  http: createHttpActuator,
  mqtt: createMqttActuator,
  gpio: createGpioActuator,
};

/** The actuator that a configuration names. Nothing is opened or shut by that. */
export function openActuator<K extends ActuatorConfig['kind']>(config: ActuatorConfig<K>): Actuator {
  // The kind says which maker it is.
  const actuator = (MAKERS[config.kind] as (config: ActuatorConfig<K>) => Actuator)(config);
  const { refresh } = actuator;
  return {
    ...actuator,
    open: (...pulse) => byMessage(actuator.open(...pulse)),
    close: () => byMessage(actuator.close()),
    ...(refresh && { refresh: { ...refresh, send: () => byMessage(refresh.send()) } }),
  };
}

/** The programs of this machine that an actuator runs, as absolute paths. */
export function programsOf(config: ActuatorConfig): string[] {
  if (config.kind === 'command')
    return [config.open, config.close, config.state].flatMap((argv) => argv?.[0] ?? []);
  if (config.kind !== 'gpio') return [];
  const hasSensors = [config.open, config.exit, config.tamper].some((line) => line !== null);
  return hasSensors ? [GPIO_TOOLS.set, GPIO_TOOLS.get] : [GPIO_TOOLS.set];
}

/** What an actuator talks to: a program, a host or a line. */
export function reached(actuator: ActuatorConfig): string {
  const { kind } = actuator;
  if (kind === 'command') return actuator.open[0]!;
  if (kind === 'http') return new URL(actuator.open.url).origin;
  return kind === 'mqtt' ? new URL(actuator.broker.url).host : `${actuator.chip} ${actuator.line}`;
}

/** Node's errors carry what they are about, such as the words of a program or an answer. Logs show that. */
const byMessage = (call: Promise<void>): Promise<void> =>
  call.catch((error: unknown) => {
    const message = error instanceof Error ? error.message : 'not an error';
    throw error instanceof UnansweredError ? new UnansweredError(message) : new Error(message);
  });
