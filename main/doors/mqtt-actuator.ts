import type { ActuatorConfig, DoorReading } from '#contract';
import { withLength, type Actuator } from './actuator.ts';
import { MqttLink } from './mqtt-link.ts';

/**
 * A relay behind a broker of MQTT 5, which says if no relay is there. What shuts the door is also the will of the connection: the broker publishes it when Lintel
 * is killed, loses its network, or is not heard of for some seconds.
 */
export function createMqttActuator(config: ActuatorConfig<'mqtt'>): Actuator {
  const { broker, commandTopic, openPayload, closePayload, limitMs } = config;
  const sensors = ['open', 'exit', 'tamper'] as const;
  let report: ((reading: DoorReading) => void) | null = null;
  const link = new MqttLink({
    broker,
    protocolVersion: 5,
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

  return {
    // Neither retained nor kept for longer than the pulse: a relay that comes back must not find an old word to open.
    open: (ms) =>
      link.publish(commandTopic, withLength(openPayload, ms), { expiryS: Math.ceil(ms / 1_000), limitMs }),
    close: () => link.publish(commandTopic, closePayload, { limitMs }),
    ...(sensors.some((sensor) => config[sensor] !== null) && {
      watch: (listener: (reading: DoorReading) => void) => {
        report = listener;
        return () => void (report = null);
      },
    }),
    end: () => link.end(),
  };
}
