import { z } from 'zod';
import { ACCESS_REASONS } from './access.ts';
import { LightReason } from './light.ts';

/** Why a visit or a code was decided as it was. */
export const DecisionReason = z.enum([
  'match',
  /** Not known here; the server knows them. */
  'match-online',
  'no-match',
  'no-face',
  'several-faces',
  ...LightReason.options,
  'different-people',
  'ambiguous',
  /** The visit left doubt: the next one is asked for more, at once. */
  'more-asked',
  /** An operator presents attacks on purpose: what was found stands in their report, and nobody is let in. */
  'drill',
  'empty-gallery',
  /** The pictures are too poor; `hints` say why. */
  'poor-quality',
  /** A step asked for is not in its frames, or not in its order and time. */
  'step-missing',
  /** The time of a step passed without it; said by the screen. */
  'step-timeout',
  /** What moves is flat, or does not move as a head does. */
  'not-a-head',
  /** The frames do not come from one continuous look at this visit's camera: repeated, copied, or out of its time. */
  'frames-not-genuine',
  /** The same picture stood while time went on, or came round again: said beside `frames-not-genuine`. */
  'frames-frozen',
  'frames-looped',
  /** What `CameraFinding` says of this machine's cameras. */
  'camera-unknown',
  'camera-virtual',
  'camera-changed',
  /** The passive score says a picture or a screen is shown. */
  'presentation-attack',
  /** The person gave their access code instead of their face. */
  'code',
  'code-wrong',
  /** A card that no key of this deployment sealed, that was revoked, or whose template is of another model. */
  'card-invalid',
  'card-revoked',
  'card-outdated',
  /** The person at the camera is, or is not, the one of the session's photo. */
  'photo-match',
  'photo-no-match',
  ...ACCESS_REASONS,
]);
export type DecisionReason = z.infer<typeof DecisionReason>;
