import { z } from 'zod';

/** Why an image of a face is refused, in the order in which a person should mend things. */
export const QualityCode = z.enum([
  'face-too-small',
  'face-cut-off',
  'too-dark',
  'too-bright',
  'uneven-light',
  'blurred',
  'turned-away',
  'head-tilted',
  'eyes-closed',
  'face-covered',
]);
export type QualityCode = z.infer<typeof QualityCode>;

/** What the person in front of the camera can do about it. */
export const QUALITY_HINTS: Readonly<Record<QualityCode, string>> = {
  'face-too-small': 'Come closer to the camera.',
  'face-cut-off': 'Move so that your whole face is in the picture.',
  'too-dark': 'There is too little light on your face. Turn towards a light.',
  'too-bright': 'There is too much light on your face. Step out of the glare.',
  'uneven-light': 'One side of your face is in shadow. Turn so that the light falls from the front.',
  blurred: 'The picture is blurred. Hold still, and wipe the lens if it stays so.',
  'turned-away': 'Look straight at the camera.',
  'head-tilted': 'Hold your head upright.',
  'eyes-closed': 'Open your eyes.',
  'face-covered':
    'Your face is hard to make out. Take off whatever covers it, such as a mask, sunglasses or a scarf.',
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
