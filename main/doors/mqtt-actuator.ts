import type { ActuatorConfig } from '#contract';
import {
  createSilence,
  probed,
  SENSORS,
  withLength,
  type Actuator,
  type Sensor,
  type SensorListener,
} from './actuator.ts';
import { MqttLink } from './mqtt-link.ts';

/** The version of MQTT in which a broker says if nobody hears a message. */
export const RELAY_PROTOCOL = 5;

/**
 * A relay behind a broker of MQTT 5, which says if no relay is there. What shuts the door is also the will of the connection: the broker publishes it when Lintel
 * is killed, loses its network, or is not heard of for some seconds.
 */
export function createMqttActuator(
  config: ActuatorConfig<'mqtt'>,
  { silentMs }: { readonly silentMs?: number } = {},
): Actuator {
  const { broker, commandTopic, openPayload, closePayload, exit, limitMs } = config;
  let listener: SensorListener | null = null;
  let silence: ReturnType<typeof createSilence> | null = null;
  let isSubscribed = false;
  /** Those that said at last that they do not know. One that has yet to say a word may have none to say. */
  const unknowing = new Set<Sensor>();
  const tellWhether = (): void => silence?.heard(isSubscribed && unknowing.size === 0);
  const link = new MqttLink({
    broker,
    protocolVersion: RELAY_PROTOCOL,
    will: { topic: commandTopic, payload: closePayload, retain: false },
    topics: [...new Set(SENSORS.flatMap((sensor) => config[sensor]?.topic ?? []))],
    onSubscribed: (is) => {
      isSubscribed = is;
      tellWhether();
    },
    onMessage: (topic, payload, wasKept) => {
      const read = (sensor: 'open' | 'tamper'): boolean | null => {
        const probe = config[sensor];
        if (probe?.topic !== topic) return null;
        const is = probed(probe, payload);
        if (is === null) unknowing.add(sensor);
        else unknowing.delete(sensor);
        return is;
      };
      // A button may only ever say that it is pressed.
      if (exit?.topic === topic && exit.is === payload && !wasKept) listener?.pressed();
      listener?.read({ open: read('open'), exit: null, tamper: read('tamper') });
      tellWhether();
    },
  });

  return {
    // Neither retained nor kept for longer than the pulse: a relay that comes back must not find an old word to open.
    open: (ms) =>
      link.publish(commandTopic, withLength(openPayload, ms), { expiryS: Math.ceil(ms / 1_000), limitMs }),
    close: () => link.publish(commandTopic, closePayload, { limitMs }),
    ...(SENSORS.some((sensor) => config[sensor] !== null) && {
      watch: (hearing: SensorListener) => {
        const waiting = createSilence(hearing.answering, silentMs);
        listener = hearing;
        silence = waiting;
        tellWhether();
        return () => {
          listener = null;
          silence = null;
          waiting.end();
        };
      },
    }),
    end: () => link.end(),
  };
}
