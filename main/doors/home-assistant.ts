import {
  SiteEvent,
  type BinarySensorDiscovery,
  type EventDiscovery,
  type EventTargetOptions,
  type SiteEventKind,
} from '#contract';
import { VERSION } from '../version.ts';
import { dutyOf } from './door-fault.ts';

type Options = Extract<EventTargetOptions, { kind: 'mqtt' }>;

/** One message. */
export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
}

export const ONLINE = 'online';
export const OFFLINE = 'offline';
export const statusTopic = ({ topic }: Pick<Options, 'topic'>): string => `${topic}/status`;

type StateName = 'alarm' | 'tamper' | 'fault';

/** What a state becomes by an event; the others leave it as it is. */
const STATES: Readonly<Partial<Record<SiteEventKind, readonly [StateName, 'ON' | 'OFF']>>> = {
  'door-forced': ['alarm', 'ON'],
  'door-held-open': ['alarm', 'ON'],
  'door-closed': ['alarm', 'OFF'],
  tamper: ['tamper', 'ON'],
  'tamper-ended': ['tamper', 'OFF'],
  'door-fault': ['fault', 'ON'],
  'door-mended': ['fault', 'OFF'],
};

/** What is published of an event: all of it, and what an automation reads. @param body as a webhook has it */
export function messagesOf({ topic }: Pick<Options, 'topic'>, body: string): Message[] {
  const messages: Message[] = [{ topic: `${topic}/events`, payload: body, retain: false }];
  const { kind, outcome, at, faceId, reasons, detail } = SiteEvent.parse(JSON.parse(body));
  if (kind === 'decision' && outcome !== null) {
    const payload = JSON.stringify({ event_type: outcome, at, faceId, reasons });
    messages.push({ topic: `${topic}/decision`, payload, retain: false });
  }
  // Of one that tells of a refusal alone, no end is told.
  const state = kind === 'door-fault' && dutyOf({ detail }) === undefined ? undefined : STATES[kind];
  // Kept by the broker, for who asks later.
  if (state) messages.push({ topic: `${topic}/${state[0]}`, payload: state[1], retain: true });
  return messages;
}

/** Tells Home Assistant of the appliance: its decisions, an alarm of the door, a fault, its housing. Nothing of it opens anything. */
export function discoveryOf(options: Options): Message[] {
  const { topic, discoveryPrefix } = options;
  if (discoveryPrefix === null) return [];
  const node = topic.replaceAll(/[^A-Za-z0-9_-]/g, '_');
  const entity = (objectId: string, name: string) => ({
    unique_id: `${node}_${objectId}`,
    name,
    device: { identifiers: [node], name: topic, manufacturer: 'Lintel', sw_version: VERSION },
    origin: { name: 'Lintel', sw_version: VERSION },
    availability: [
      { topic: statusTopic(options), payload_available: ONLINE, payload_not_available: OFFLINE },
    ],
    qos: 1 as const,
  });
  const decision: EventDiscovery = {
    ...entity('decision', 'Decision'),
    state_topic: `${topic}/decision`,
    event_types: [...SiteEvent.shape.outcome.unwrap().options],
    icon: 'mdi:face-recognition',
  };
  const sensor = (objectId: StateName, name: string, device_class: 'problem' | 'tamper') =>
    ({
      ...entity(objectId, name),
      state_topic: `${topic}/${objectId}`,
      payload_on: 'ON',
      payload_off: 'OFF',
      device_class,
    }) satisfies BinarySensorDiscovery;
  const config = (component: string, objectId: string, payload: object): Message => ({
    topic: `${discoveryPrefix}/${component}/${node}/${objectId}/config`,
    payload: JSON.stringify(payload),
    retain: true,
  });
  return [
    config('event', 'decision', decision),
    config('binary_sensor', 'alarm', sensor('alarm', 'Door alarm', 'problem')),
    config('binary_sensor', 'fault', sensor('fault', 'Door fault', 'problem')),
    config('binary_sensor', 'tamper', sensor('tamper', 'Tamper', 'tamper')),
  ];
}
