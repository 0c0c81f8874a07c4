import {
  change,
  corner,
  cover,
  enlarge,
  eyeDistance,
  featuresOf,
  inside,
  MASK,
  normal,
  png,
  rotation,
  shrink,
  smear,
  toSharp,
  type Kind,
} from './drawing.ts';

export const UNTOUCHED = 'untouched';

/**
 * What is done to pictures. Sizes follow the face: a pixel of blur means little on a large one.
 * The first is nothing: it says how untouched pictures fare in the same run.
 */
export const KINDS: Readonly<Record<string, Kind>> = {
  untouched: { code: null, spoil: (subject) => png(toSharp(subject)) },
  'turned by 90°': { code: 'face-covered', ...rotation(90) },
  'turned by 180°': { code: 'face-covered', ...rotation(180) },
  'turned by 270°': { code: 'face-covered', ...rotation(270) },
  'rolled by 60°': { code: null, ...rotation(60) },
  blurred: { code: 'blurred', spoil: (subject) => png(toSharp(subject).blur(0.15 * eyeDistance(subject))) },
  'blurred by motion': {
    code: 'blurred',
    spoil: (subject) => png(toSharp(smear(subject, Math.round(0.6 * eyeDistance(subject))))),
  },
  '24-pixel face': { code: null, spoil: (subject) => png(shrink(subject, 24)) },
  '24-pixel face, enlarged': { code: null, spoil: (subject) => enlarge(subject, shrink(subject, 24)) },
  '16-pixel face, enlarged': { code: 'blurred', spoil: (subject) => enlarge(subject, shrink(subject, 16)) },
  'in blocks': { code: 'blurred', spoil: (subject) => enlarge(subject, shrink(subject, 16), 'nearest') },
  negative: { code: 'face-covered', spoil: (subject) => png(toSharp(subject).negate({ alpha: false })) },
  'left half covered': {
    code: 'face-covered',
    spoil: (subject) => cover(subject, ({ x }, { centre }) => x < centre.x),
  },
  'lower half covered': {
    code: 'face-covered',
    spoil: (subject) => cover(subject, ({ y }, { centre }) => y > centre.y),
  },
  'upper half covered': {
    code: 'face-covered',
    spoil: (subject) => cover(subject, ({ y }, { centre }) => y < centre.y),
  },
  masked: {
    code: 'face-covered',
    spoil: (subject) => cover(subject, inside(MASK), (channel) => [175, 200, 215][channel]!),
  },
  sunglasses: {
    code: 'face-covered',
    spoil: (subject) =>
      cover(
        subject,
        ({ x, y }, { eyes, eyeDistance }) =>
          eyes.some((eye) => ((x - eye.x) / 0.42) ** 2 + ((y - eye.y) / 0.3) ** 2 < eyeDistance ** 2),
        (channel) => [25, 22, 20][channel]!,
      ),
  },
  'eyes barred': {
    code: 'face-covered',
    spoil: (subject) =>
      cover(
        subject,
        ({ y }, { eyes, eyeDistance }) => Math.abs(y - (eyes[0].y + eyes[1].y) / 2) < 0.28 * eyeDistance,
      ),
  },
  dark: {
    code: null,
    spoil: (subject) => png(toSharp(change(subject, (value, random) => value * 0.25 + 3 * normal(random)))),
  },
  noisy: {
    code: null,
    spoil: (subject) => png(toSharp(change(subject, (value, random) => value + 40 * normal(random)))),
  },
  glaring: {
    code: 'too-bright',
    spoil: (subject) => png(toSharp(change(subject, (value) => value * 2.2 + 60))),
  },
  'without contrast': {
    code: 'blurred',
    spoil: (subject) => png(toSharp(change(subject, (value) => 128 + (value - 128) * 0.2))),
  },
  'half in shadow': {
    code: 'uneven-light',
    spoil: (subject) => {
      const { centre } = featuresOf(subject.face);
      return png(toSharp(change(subject, (value, _random, { x }) => (x < centre.x ? value * 0.08 : value))));
    },
  },
  'black and white only': {
    code: 'too-bright',
    spoil: (subject) => png(toSharp(subject).greyscale().threshold(110).toColourspace('srgb')),
  },
  'JPEG, quality 4': {
    code: 'blurred',
    spoil: (subject) => toSharp(subject).jpeg({ quality: 4 }).toBuffer(),
  },
  'stretched by 1.7': {
    code: 'face-covered',
    spoil: ({ width, height, ...rest }) =>
      png(
        toSharp({ width, height, ...rest }).resize({ width: Math.round(1.7 * width), height, fit: 'fill' }),
      ),
  },
  'cut off': {
    code: null,
    spoil: (subject) => {
      const { left, top } = corner(subject);
      const { centre } = featuresOf(subject.face);
      const width = Math.max(8, Math.round(centre.x) - left);
      return png(toSharp(subject).extract({ left, top, width, height: subject.height - top }));
    },
    toWhole: ({ x, y }, _spoiled, subject) => {
      const { left, top } = corner(subject);
      return { x: x + left, y: y + top };
    },
  },
};
