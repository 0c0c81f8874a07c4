import { z } from 'zod';

/** What speaks against the camera of a visit, by what the appliance asks of the operating system. Reasons of a decision, too. */
export const CameraFinding = z.enum([
  /** The system knows no camera: whatever gives the page pictures is a program. */
  'camera-unknown',
  /** A program makes the pictures of a connected camera. */
  'camera-virtual',
  /** A camera is connected that was not there at set-up, and that no operator confirmed. */
  'camera-changed',
]);
export type CameraFinding = z.infer<typeof CameraFinding>;

/** Degrees clockwise. */
export const QuarterTurn = z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]);
export type QuarterTurn = z.infer<typeof QuarterTurn>;

const Said = z.string().max(128);

/** By what a camera is known again. */
export const CameraIdentity = z.strictObject({
  name: Said,
  /** Of USB, in hexadecimal; null for other cameras. */
  vendor: Said.nullable(),
  product: Said.nullable(),
  serial: Said.nullable(),
  /** Where it is connected: the socket of USB, or the device on the bus. */
  path: Said,
});
export type CameraIdentity = z.infer<typeof CameraIdentity>;

export const CameraState = z.strictObject({
  findings: z.array(CameraFinding),
  /** Those connected now; null where this system cannot tell. */
  cameras: z.array(CameraIdentity.extend({ isVirtual: z.boolean() })).nullable(),
  /** Those that belong here; null before the first one was seen. */
  trusted: z.array(CameraIdentity).nullable(),
  /** Whether pictures of no known camera are taken, for development. */
  isFakeAllowed: z.boolean(),
});
export type CameraState = z.infer<typeof CameraState>;
