import { z } from 'zod';
import { AnyActuator } from './door.ts';

/** What a station without a screen tells whoever stands before it. */
export const STATION_SIGNALS = ['granted', 'refused', 'again', 'fault'] as const;
export type StationSignal = (typeof STATION_SIGNALS)[number];

/** A lamp or a buzzer, and for how long it is on, in milliseconds. */
const Signal = z
  .strictObject({ ms: z.int().min(100).max(10_000).default(1_000), actuator: AnyActuator })
  .nullable()
  .default(null);

/** A camera without a screen. Like a door's, its actuators may hold secrets: it lies in the encrypted store. */
export const StationConfig = z.strictObject({
  device: z
    .string()
    .regex(/^\/dev\/video[0-9]{1,2}$/)
    .default('/dev/video0'),
  /** Milliseconds from one still to the next, besides what taking it costs. */
  everyMs: z.int().min(100).max(10_000).default(500),
  /** So many stills in a row have to show the same person, and each the same person enrolled. */
  stills: z.int().min(3).max(10).default(3),
  signals: z.strictObject({ granted: Signal, refused: Signal, again: Signal, fault: Signal }).prefault({}),
});
export type StationConfig = z.infer<typeof StationConfig>;
