import type { Deliverer } from '#core/webhooks';
import type { Poster } from '#core/outbound';
import type { DialectOptions } from '../options.ts';

/** What the FaceSmash API works with. */
export interface FaceSmashOptions extends DialectOptions {
  readonly deliverer: Deliverer;
  readonly poster: Poster;
}
