import type { ActuatorConfig } from '#contract';
import type { Actuator } from './actuator.ts';
import { createCommandActuator } from './command-actuator.ts';
import { createHttpActuator } from './http-actuator.ts';

/** The actuator that a configuration names. Nothing is opened or shut by that. */
export function openActuator(config: ActuatorConfig): Actuator {
  return config.kind === 'command' ? createCommandActuator(config) : createHttpActuator(config);
}
