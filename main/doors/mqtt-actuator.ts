import type { ActuatorConfig, DoorReading } from '#contract';
import { withLength, type Actuator } from './actuator.ts';
import { MqttLink } from './mqtt-link.ts';

/**
 * A relay behind an MQTT broker. What shuts the door is also the will of the connection: the broker publishes it when Lintel
 * is killed, loses its network, or is not heard of for some seconds.
 */
export function createMqttActuator(config: ActuatorConfig<'mqtt'>): Actuator {
  const { broker, commandTopic, openPayload, closePayload, limitMs } = config;
  const sensors = ['open', 'exit', 'tamper'] as const;
  let report: ((reading: DoorReading) => void) | null = null;
  const link = new MqttLink({
    broker,
    will: { topic: commandTopic, payload: closePayload, retain: false },
    topics: [...new Set(sensors.flatMap((sensor) => config[sensor]?.topic ?? []))],
    onMessage: (topic, payload) => {
      const read = (sensor: (typeof sensors)[number]): boolean | null => {
        const probe = config[sensor];
        return probe?.topic === topic ? probe.is === payload : null;
      };
      report?.({ open: read('open'), exit: read('exit'), tamper: read('tamper') });
    },
  });
  // Not retained: a relay that comes back must not find an old word to open.
  const say = (payload: string): Promise<void> => link.publish(commandTopic, payload, { limitMs });

  return {
    open: (ms) => say(withLength(openPayload, ms)),
    close: () => say(closePayload),
    ...(sensors.some((sensor) => config[sensor] !== null) && {
      watch: (listener: (reading: DoorReading) => void) => {
        report = listener;
        return () => void (report = null);
      },
    }),
    end: () => link.end(),
  };
}
