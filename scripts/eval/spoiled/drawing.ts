import sharp, { type Sharp } from 'sharp';
import type { BoundingBox, QualityCode } from '#contract';
import { seeded } from '#core/matching';
import type { AnalysedFace, Point } from '#core/recognition';

/** A picture as it is spoiled, and where its face was while it was whole. */
export interface Subject {
  /** Interleaved 8-bit RGB rows. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly face: Pick<AnalysedFace, 'boundingBox' | 'landmarks'>;
  /** Of everything drawn at random. */
  readonly seed: number;
}

/** One way to spoil a picture. */
export interface Kind {
  /**
   * Why such a picture is refused; null where no discriminant is made, since the other measures have to do. That a picture
   * is turned is told by turning it: what is only like a turned one may be spoiled in another way.
   */
  readonly code: QualityCode | null;
  /** @returns a PNG, or a JPEG where that is what spoils */
  readonly spoil: (subject: Subject) => Promise<Uint8Array>;
  /** Where in the whole picture a point of the spoiled one was. Without it, the picture was at most scaled. */
  readonly toWhole?: (point: Point, spoiled: Size, subject: Subject) => Point;
}

type Size = Pick<Subject, 'width' | 'height'>;

/** Whether a face that is found in a spoiled picture is the one that was spoiled: its middle lies in that one's box. */
export function isOfSubject(kind: Kind, found: BoundingBox, spoiled: Size, subject: Subject): boolean {
  const middle = { x: found.x + found.width / 2, y: found.y + found.height / 2 };
  const { x, y } = inWhole(kind, middle, spoiled, subject);
  const { boundingBox: box } = subject.face;
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}

/** Where in the whole picture a point of a spoiled one was. */
export function inWhole(kind: Kind, point: Point, spoiled: Size, subject: Subject): Point {
  return (kind.toWhole ?? scaled)(point, spoiled, subject);
}

const scaled = ({ x, y }: Point, spoiled: Size, { width, height }: Size): Point => ({
  x: (x * width) / spoiled.width,
  y: (y * height) / spoiled.height,
});

/** Clockwise about the middle, on a canvas as large as that needs. */
export function rotation(degrees: number): Pick<Kind, 'spoil' | 'toWhole'> {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return {
    spoil: (subject) => png(toSharp(subject).rotate(degrees, { background: 'grey' })),
    toWhole: (point, spoiled, { width, height }) => {
      const [x, y] = [point.x - spoiled.width / 2, point.y - spoiled.height / 2];
      return { x: width / 2 + x * cos + y * sin, y: height / 2 - x * sin + y * cos };
    },
  };
}

export interface Features {
  readonly eyes: readonly [Point, Point];
  readonly eyeDistance: number;
  /** Between the eyes and the mouth. */
  readonly centre: Point;
  readonly landmarks: readonly Point[];
}

export function featuresOf({ landmarks }: Subject['face']): Features {
  const eyes = [mean(landmarks.slice(36, 42)), mean(landmarks.slice(42, 48))] as const;
  return {
    eyes,
    eyeDistance: Math.hypot(eyes[1].x - eyes[0].x, eyes[1].y - eyes[0].y),
    centre: landmarks[30]!,
    landmarks,
  };
}

export const eyeDistance = ({ face }: Subject): number => featuresOf(face).eyeDistance;

/** Along the jaw from ear to ear, then over the bridge of the nose. */
export const MASK = [...Array.from({ length: 15 }, (_, i) => i + 1), 28];

/** Whether a point lies in the polygon of these landmarks: a ray to the right crosses its edges an odd number of times. */
export const inside =
  (polygon: readonly number[]) =>
  ({ x, y }: Point, { landmarks }: Features): boolean => {
    let crossings = 0;
    for (const [i, index] of polygon.entries()) {
      const [a, b] = [landmarks[index]!, landmarks[polygon.at(i - 1)!]!];
      if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) crossings++;
    }
    return crossings % 2 === 1;
  };

/** What a cover looks like at a point: one channel's value, given what is under it. */
export type Paint = (channel: number, point: Point, features: Features, value: number) => number;

/** Paint over the part of the face's box that a rule names. */
export function cover(
  subject: Subject,
  isCovered: (point: Point, features: Features) => boolean,
  paint: Paint = () => 60,
): Promise<Buffer> {
  const features = featuresOf(subject.face);
  const { x: left, y: top, width, height } = subject.face.boundingBox;
  const margin = 0.1;
  return png(
    toSharp(
      change(subject, (value, _random, point, channel) => {
        const across = (point.x - left) / width;
        const down = (point.y - top) / height;
        const isNear = across > -margin && across < 1 + margin && down > -margin && down < 1 + margin;
        return isNear && isCovered(point, features) ? paint(channel, point, features, value) : value;
      }),
    ),
  );
}

/** A picture whose values are what `f` makes of each, rounded and cut to 0..255. */
export function change(
  subject: Subject,
  f: (value: number, random: () => number, point: Point, channel: number) => number,
): Subject {
  const random = seeded(subject.seed);
  const data = new Uint8ClampedArray(subject.data.length);
  for (let y = 0, i = 0; y < subject.height; y++) {
    for (let x = 0; x < subject.width; x++) {
      for (let c = 0; c < 3; c++, i++) data[i] = f(subject.data[i]!, random, { x: x + 0.5, y: y + 0.5 }, c);
    }
  }
  return { ...subject, data: new Uint8Array(data.buffer) };
}

/** Each pixel the mean of a row of pixels around it. */
export function smear(subject: Subject, length: number): Subject {
  const { data, width } = subject;
  const half = Math.floor(length / 2);
  const moved = new Uint8Array(data.length);
  for (let row = 0; row < data.length; row += 3 * width) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let d = -half; d <= half; d++)
          sum += data[row + 3 * Math.min(width - 1, Math.max(0, x + d)) + c]!;
        moved[row + 3 * x + c] = Math.round(sum / (2 * half + 1));
      }
    }
  }
  return { ...subject, data: moved };
}

/** So that the face's box is this many pixels wide. */
export function shrink(subject: Subject, faceWidth: number): Sharp {
  return toSharp(subject).resize({
    width: Math.max(1, Math.round((subject.width * faceWidth) / subject.face.boundingBox.width)),
  });
}

export async function enlarge(
  { width, height }: Subject,
  small: Sharp,
  kernel: 'cubic' | 'nearest' = 'cubic',
): Promise<Buffer> {
  return await png(sharp(await png(small)).resize({ width, height, fit: 'fill', kernel }));
}

/** Of the face's box, inside the picture. */
export function corner({ face: { boundingBox } }: Subject): { left: number; top: number } {
  return {
    left: Math.max(0, boundingBox.x),
    top: Math.max(0, Math.round(boundingBox.y - boundingBox.height / 2)),
  };
}

export const toSharp = ({ data, width, height }: Pick<Subject, 'data' | 'width' | 'height'>): Sharp =>
  sharp(data, { raw: { width, height, channels: 3 } });

export const png = (image: Sharp): Promise<Buffer> => image.png({ compressionLevel: 1 }).toBuffer();

/** Standard normal (G. E. P. Box and M. E. Muller, 1958). */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export function mean(points: readonly Point[]): Point {
  const sum = points.reduce((s, p) => ({ x: s.x + p.x, y: s.y + p.y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}
