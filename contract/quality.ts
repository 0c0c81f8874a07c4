import { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/**
 * Why an image of a face is refused, in the order in which a person should mend things. Each is an error code too,
 * whose message says what to do.
 */
export const QualityCode = z.enum([
  'not-upright',
  'face-too-small',
  'face-cut-off',
  'too-dark',
  'backlit',
  'too-bright',
  'uneven-light',
  'blurred',
  'turned-away',
  'head-tilted',
  'eyes-closed',
  'mouth-covered',
  'eyes-covered',
  'face-covered',
] satisfies ErrorCode[]);
export type QualityCode = z.infer<typeof QualityCode>;

/** The same of a picture, for whoever chose it: the messages of the codes speak to the person before the camera. */
export const PICTURE_WORDS: Readonly<Record<QualityCode, string>> = {
  'not-upright': 'The picture is upside down or on its side.',
  'face-too-small': 'The face is too small. It has to fill more of the picture.',
  'face-cut-off': 'Part of the face is outside the picture.',
  'too-dark': 'There is too little light on the face.',
  backlit: 'The light comes from behind, and the face is dark.',
  'too-bright': 'There is too much light on the face.',
  'uneven-light': 'One side of the face is in shadow.',
  blurred: 'The picture is blurred.',
  'turned-away': 'The face is turned away from the camera.',
  'head-tilted': 'The head is tilted.',
  'eyes-closed': 'The eyes are closed.',
  'mouth-covered': 'The mouth and nose are covered.',
  'eyes-covered': 'The eyes are covered, perhaps by sunglasses.',
  'face-covered': 'The face is hard to make out. Something may cover it.',
};

const Share = z.number().min(0).max(1);

/** How well each property of an image serves recognition: 0 useless, 1 nothing to gain. */
export const QualityComponents = z.object({
  sharpness: Share,
  exposure: Share,
  size: Share,
  pose: Share,
  eyes: Share,
  detection: Share,
  /** How much of an identity the embedder finds; null before a template is made. */
  distinctness: Share.nullable(),
});
export type QualityComponents = z.infer<typeof QualityComponents>;

/** How likely an image of a face is to be recognised. `score` orders images; it is no probability. */
export const Quality = z.object({ score: Share, components: QualityComponents });
export type Quality = z.infer<typeof Quality>;
