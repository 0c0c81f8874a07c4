import {
  change,
  eyeDistance,
  featuresOf,
  normal,
  png,
  shrink,
  smear,
  toSharp,
  type Kind,
  type Subject,
} from '../spoiled/drawing.ts';
import type { Kinds } from '../spoiled/gather.ts';
import { KINDS, UNTOUCHED } from '../spoiled/kinds.ts';
import { COVERS, TINTED } from './covers.ts';

/** What a visit's picture may be like; the person is to be recognised, or told what to mend. */
export const DEGRADED: Kinds = {
  [UNTOUCHED]: KINDS[UNTOUCHED]!,
  'infrared-like': of((subject) => png(toSharp(infrared(subject)))),
  'JPEG, quality 20': of((subject) => toSharp(subject).jpeg({ quality: 20 }).toBuffer()),
  // A rectilinear lens stretches a face that is 40° off its axis by 1 / cos 40°, compared with across.
  'wide-angle stretch': of((subject) =>
    png(
      toSharp(subject).resize({
        width: Math.round(1.31 * subject.width),
        height: subject.height,
        fit: 'fill',
      }),
    ),
  ),
  'slightly blurred': of((subject) => png(toSharp(subject).blur(0.055 * eyeDistance(subject)))),
  'motion blur': of((subject) => png(toSharp(smear(subject, Math.round(0.26 * eyeDistance(subject)))))),
  backlight: of((subject) => png(toSharp(backlit(subject, 0.3)))),
  'strong backlight': of((subject) => png(toSharp(backlit(subject, 0.12)))),
  'dim light': KINDS['dark']!,
  darkness: of((subject) =>
    png(toSharp(change(subject, (value, random) => value * 0.2 + 6 * normal(random)))),
  ),
  ...COVERS,
  ...TINTED,
  'camera on its side': KINDS['turned by 90°']!,
  ...Object.fromEntries(
    [48, 40, 32, 28, 24, 20].map((width) => [
      `${width}-pixel face`,
      of((subject) => png(shrink(subject, width))),
    ]),
  ),
};

function of(spoil: Kind['spoil']): Kind {
  return { code: null, spoil };
}

/** Near infrared as a camera with its own light shows it: no colour, skin bright and even, the sensor a little noisy. */
function infrared(subject: Subject): Subject {
  const { data, width } = subject;
  const luma = (x: number, y: number): number => {
    const i = 3 * (Math.floor(y) * width + Math.floor(x));
    return 0.8 * data[i]! + 0.15 * data[i + 1]! + 0.05 * data[i + 2]!;
  };
  const noise = new Map<number, number>();
  return change(subject, (_value, random, { x, y }, channel) => {
    const at = Math.floor(y) * width + Math.floor(x);
    if (channel === 0) noise.set(at, 4 * normal(random));
    return 255 * (luma(x, y) / 255) ** 0.7 + noise.get(at)!;
  });
}

/** The person keeps a part of the light, and what is behind them is blown out; it veils the edge of the head. */
function backlit(subject: Subject, kept: number): Subject {
  const { centre, eyeDistance } = featuresOf(subject.face);
  return change(subject, (value, random, { x, y }) => {
    // An egg around the head, and shoulders below it.
    const across = Math.abs(x - centre.x) / eyeDistance;
    const down = (y - centre.y) / eyeDistance;
    const edge =
      down > 1.4 ? across / (1.6 + 1.2 * (down - 1.4)) : Math.hypot(across / 1.45, (down + 0.1) / 1.9);
    const behind = 1 / (1 + Math.exp(-(edge - 1) / 0.06));
    const person = value * kept + 8 + 2.5 * normal(random);
    return person * (1 - behind) + Math.min(255, value * 0.6 + 170) * behind;
  });
}
