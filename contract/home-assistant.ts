import { z } from 'zod';

/**
 * What Home Assistant accepts as discovery of a device by MQTT, as far as Lintel makes use of it, from its documentation
 * (integrations `mqtt`, `event.mqtt` and `binary_sensor.mqtt`). Other members that it knows are left out on purpose.
 */
const Availability = z.strictObject({
  topic: z.string().min(1),
  payload_available: z.string().optional(),
  payload_not_available: z.string().optional(),
});
const Device = z.strictObject({
  /** A device has identifiers or connections. */
  identifiers: z.array(z.string().min(1)).min(1),
  name: z.string().min(1),
  manufacturer: z.string().optional(),
  model: z.string().optional(),
  sw_version: z.string().optional(),
});
const Origin = z.strictObject({
  name: z.string().min(1),
  sw_version: z.string().optional(),
  support_url: z.url().optional(),
});
/** `unique_id` is required of an entity that belongs to a device. */
const entity = {
  unique_id: z.string().min(1),
  name: z.string().nullable(),
  device: Device,
  origin: Origin,
  availability: z.array(Availability).min(1),
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]),
};

/** The topic is `<prefix>/<component>/<node_id>/<object_id>/config`; of the ids, letters, digits, `_` and `-`. */
export const DiscoveryTopic = z
  .string()
  .regex(/^[^#+]+\/(event|binary_sensor)\/[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+\/config$/);

export const EventDiscovery = z.strictObject({
  ...entity,
  /** Takes JSON with `event_type`, one of these. Retained messages are discarded. */
  state_topic: z.string().min(1),
  event_types: z.array(z.string().min(1)).min(1),
  device_class: z.enum(['button', 'doorbell', 'motion']).optional(),
  icon: z.string().startsWith('mdi:').optional(),
});
export type EventDiscovery = z.infer<typeof EventDiscovery>;

export const BinarySensorDiscovery = z.strictObject({
  ...entity,
  state_topic: z.string().min(1),
  payload_on: z.string(),
  payload_off: z.string(),
  device_class: z.enum(['door', 'lock', 'opening', 'problem', 'safety', 'tamper']),
});
export type BinarySensorDiscovery = z.infer<typeof BinarySensorDiscovery>;
