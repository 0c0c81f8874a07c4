import { seeded } from '#core/matching';
import type { Point } from '#core/recognition';
import {
  cover,
  inside,
  MASK,
  type Features,
  type Kind,
  type Paint,
  type Subject,
} from '../spoiled/drawing.ts';

/** A cloth: its colour at a point of the face, given in distances between the eyes from between nose and mouth. */
type Cloth = (at: Point) => readonly number[];

/**
 * Covers of a face as people wear them. Every picture gets one of its own, drawn by its seed: colour, folds and how far it
 * reaches. Colour alone must not tell a mask, since cameras and cloths differ.
 */
export const COVERS = {
  'surgical mask': masked((random) => {
    const colour = pick(random, [
      [165, 200, 225],
      [235, 238, 240],
      [40, 42, 48],
      [225, 180, 195],
      [150, 205, 190],
    ]);
    const [folds, depth] = [4 + 4 * random(), 6 + 10 * random()];
    return ({ y }) => shade(colour, depth * Math.sin(2 * Math.PI * folds * y));
  }),
  'cloth mask': masked((random) => {
    const colour = anyColour(random);
    const [lean, depth] = [2 * Math.PI * random(), 30 * random()];
    return ({ x, y }) =>
      shade(colour, depth * (x * Math.cos(lean) + y * Math.sin(lean)) + 8 * (random() - 0.5));
  }),
  'patterned mask': masked((random) => {
    const [one, other] = [anyColour(random), anyColour(random)];
    const size = 0.1 + 0.25 * random();
    return ({ x, y }) => ((Math.floor(x / size) + Math.floor(y / size)) % 2 === 0 ? one : other);
  }),
  scarf: worn((random) => {
    const colour = anyColour(random);
    const [folds, lean, from] = [1 + 2 * random(), 0.6 * (random() - 0.5), 0.3 * (random() - 0.5)];
    return {
      cloth: ({ x, y }) => shade(colour, 22 * Math.sin(2 * Math.PI * folds * (y + lean * x))),
      covers: ({ y }, { centre, eyeDistance }) => y > centre.y + from * eyeDistance,
    };
  }),
  'opaque sunglasses': glasses((random) => {
    const luma = 8 + 45 * random();
    return { tint: [luma + 6 * random(), luma, luma + 6 * random()], through: 0 };
  }),
  'mirrored sunglasses': glasses((random) => {
    const bright = 120 + 120 * random();
    return { tint: [bright * (0.6 + 0.4 * random()), bright * 0.9, bright], through: 0, gleam: 90 };
  }),
} as const satisfies Record<string, Kind>;

/** Glasses behind which eyes can be seen, more or less: no cover by themselves. */
export const TINTED: Readonly<Record<string, Kind>> = {
  'see-through sunglasses': tinted(0.1, 0.3),
  'tinted glasses': tinted(0.5, 0.8),
};

/** @param least share of the light that comes through, 0..1 */
function tinted(least: number, most: number): Kind {
  const worn = glasses((random) => ({
    tint: [20 + 40 * random(), 15 + 30 * random(), 10 + 30 * random()].map((value) => value * (1 - most)),
    through: least + (most - least) * random(),
  }));
  return { ...worn, code: null };
}

/** A mask from the bridge of the nose, or a little below, to the chin and the ears. */
function masked(draw: (random: () => number) => Cloth): Kind {
  return worn((random) => {
    const bridge = pick(random, [27, 28, 29]);
    const cloth = draw(random);
    return { cloth, covers: inside([...MASK.slice(0, -1), bridge]) };
  });
}

interface Worn {
  readonly cloth: Cloth;
  readonly covers: (point: Point, features: Features) => boolean;
}

/** In the light of the picture: a cloth in a dark one is dark. */
function worn(draw: (random: () => number) => Worn): Kind {
  return {
    code: 'mouth-covered',
    spoil: async (subject) => {
      const random = seeded(subject.seed);
      const { cloth, covers } = draw(random);
      const light = lightOf(subject);
      const paint: Paint = (channel, { x, y }, { centre, eyeDistance }) =>
        light * cloth({ x: (x - centre.x) / eyeDistance, y: (y - centre.y) / eyeDistance })[channel]!;
      return await cover(subject, covers, paint);
    },
  };
}

interface Lenses {
  readonly tint: readonly number[];
  /** Share of the light from behind that comes through, 0..1. */
  readonly through: number;
  /** By how much the upper edge of a mirror is brighter than the lower one. */
  readonly gleam?: number;
}

function glasses(draw: (random: () => number) => Lenses): Kind {
  return {
    code: 'eyes-covered',
    spoil: async (subject) => {
      const random = seeded(subject.seed);
      const { tint, through, gleam = 0 } = draw(random);
      const [width, height] = [0.4 + 0.1 * random(), 0.24 + 0.12 * random()];
      const roundness = pick(random, [2, 4, 8]);
      const light = lightOf(subject);
      return await cover(
        subject,
        ({ x, y }, { eyes, eyeDistance }) =>
          eyes.some(
            (eye) =>
              Math.abs((x - eye.x) / (width * eyeDistance)) ** roundness +
                Math.abs((y - eye.y) / (height * eyeDistance)) ** roundness <
              1,
          ) || isOnBridge({ x, y }, eyes, eyeDistance),
        (channel, { y }, { eyes, eyeDistance }, value) =>
          light * (tint[channel]! + (gleam * (eyes[0].y - y)) / (2 * height * eyeDistance)) + through * value,
      );
    },
  };
}

const isOnBridge = ({ x, y }: Point, [left, right]: Features['eyes'], eyeDistance: number): boolean =>
  x > left.x && x < right.x && Math.abs(y - (left.y + right.y) / 2) < 0.04 * eyeDistance;

/** Of the face, relative to a picture that is lit well. */
function lightOf({ data, width, face: { boundingBox: box } }: Subject): number {
  let [sum, count] = [0, 0];
  for (let y = Math.max(0, box.y); y < box.y + box.height; y++) {
    for (let x = Math.max(0, box.x); x < Math.min(width, box.x + box.width); x++) {
      const green = data[3 * (y * width + x) + 1];
      if (green === undefined) continue;
      sum += green;
      count++;
    }
  }
  return Math.min(1.3, Math.max(0.3, sum / Math.max(1, count) / 115));
}

const anyColour = (random: () => number): readonly number[] => {
  const bright = 25 + 215 * random();
  return [0, 1, 2].map(() => Math.min(255, bright * (0.75 + 0.5 * random())));
};

const shade = (colour: readonly number[], by: number): number[] => colour.map((value) => value + by);

const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
