import type { ActuatorConfig } from '#contract';
import type { Actuator } from './actuator.ts';
import { createCommandActuator } from './command-actuator.ts';
import { createGpioActuator } from './gpio-actuator.ts';
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
  return (MAKERS[config.kind] as (config: ActuatorConfig<K>) => Actuator)(config);
}
