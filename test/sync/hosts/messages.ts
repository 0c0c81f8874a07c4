import { z } from 'zod';

/** What an appliance's process is to do, as JSON in its first argument. */
export const Orders = z.object({
  data: z.string(),
  keyFile: z.string(),
  origin: z.string(),
  /** To join by, if it has not yet. */
  code: z.string(),
  modelId: z.string(),
  dimension: z.int(),
  /** Made-up people `prefix-0`... to have enrolled, and the pause between two. */
  prefix: z.string(),
  people: z.int(),
  /** Size of the picture that the last of them has; 0 for none. */
  pictureBytes: z.int(),
  pauseMs: z.number(),
  /** Whether to synchronise without a pause, instead of as often as the server says. */
  isEager: z.boolean(),
});
export type Orders = z.infer<typeof Orders>;

/** A line it says on standard output after each exchange. */
export const Said = z.object({
  /** Whether the last exchange came to its end. */
  whole: z.boolean(),
  /** Operations that wait. */
  queue: z.int(),
  /** How many of the people were enrolled, by this process or before. */
  enrolled: z.int(),
  /** Milliseconds that its event loop was held up: the 99th percentile, and at most. */
  heldUp: z.object({ p99: z.number(), most: z.number() }),
});
export type Said = z.infer<typeof Said>;
