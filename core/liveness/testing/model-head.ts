import {
  estimateHeadPose,
  PRINT_SIDE,
  type AnalysedFace,
  type FaceMeasurements,
  type Point,
} from '#core/recognition';

/** A made-up head for tests: 68 points of an average adult in millimetres, right, down and away from the camera. */
type Solid = readonly [x: number, y: number, z: number];

const mirrored = (points: readonly Solid[]): Solid[] => [
  ...points,
  ...points.toReversed().map(([x, y, z]): Solid => [-x, y, z]),
];
const arc = (count: number, at: (t: number) => Solid): Solid[] =>
  Array.from({ length: count }, (_, i) => at(i / (count - 1)));

/** Openness of the eyes and width of the mouth, of those at rest. */
export interface Look {
  readonly yaw?: number;
  readonly pitch?: number;
  readonly eyes?: number;
  readonly mouth?: number;
  /** Depth of the head, of its own: 0 is a picture of it. */
  readonly depth?: number;
}

function solid(eyes: number, mouth: number): Solid[] {
  const eye = (centre: number): Solid[] => {
    const h = 4.5 * eyes;
    return [
      [centre - 13, -35, 44],
      [centre - 5, -35 - h, 38],
      [centre + 5, -35 - h, 38],
      [centre + 13, -35, 44],
      [centre + 5, -35 + h, 38],
      [centre - 5, -35 + h, 38],
    ];
  };
  const lips = (count: number, width: number, bow: number): Solid[] =>
    arc(count, (t) => {
      const x = (2 * t - 1) * width;
      return [x, 32 + bow * (1 - (x / width) ** 2), 26 + 7 * (x / width) ** 2];
    });
  const wide = 28 * mouth;
  return [
    ...arc(17, (t): Solid => [
      -70 * Math.cos(Math.PI * t),
      81 * Math.sin(Math.PI * t),
      100 - 70 * Math.sin(Math.PI * t),
    ]),
    ...mirrored([
      [-55, -50, 46],
      [-47, -55, 38],
      [-38, -57, 33],
      [-28, -56, 29],
      [-18, -53, 27],
    ]),
    ...arc(4, (t): Solid => [0, -38 + 38 * t, 28 - 28 * t]),
    ...arc(5, (t): Solid => [-14 + 28 * t, 8, 16]),
    ...eye(-32),
    ...eye(32),
    ...lips(7, wide, -8),
    ...lips(7, wide, 10).slice(1, 6).toReversed(),
    ...lips(5, 0.8 * wide, -2),
    ...lips(5, 0.8 * wide, 3)
      .slice(1, 4)
      .toReversed(),
  ];
}

/** The landmarks of the head as a camera far away sees them, in pixels. */
export function modelLandmarks({ yaw = 0, pitch = 0, eyes = 1, mouth = 1, depth = 1 }: Look = {}): Point[] {
  const [cy, sy] = [Math.cos((yaw * Math.PI) / 180), Math.sin((yaw * Math.PI) / 180)];
  const [cp, sp] = [Math.cos((pitch * Math.PI) / 180), Math.sin((pitch * Math.PI) / 180)];
  return solid(eyes, mouth).map(([x, y, z]) => {
    const away = depth * z;
    const turned = sy * x + cy * away;
    return { x: 300 + 2 * (cy * x - sy * away), y: 240 + 2 * (cp * y + sp * turned) };
  });
}

/** What an analysis would say of it. `who` are people, each unlike the others; `take` tells pictures apart. */
export function modelFace(look: Look = {}, who = 0, take = 0): AnalysedFace {
  const landmarks = modelLandmarks(look);
  const measurements: FaceMeasurements = {
    ...estimateHeadPose(landmarks),
    interOcular: 128,
    insideShare: 1,
    eyeOpenness: 0.35 * (look.eyes ?? 1),
    confidence: 0.99,
    embeddingNorm: 4,
    landmarkShift: 1,
    spoiling: null,
    cover: null,
    surroundLuma: 120,
    turn: 0,
    meanLuma: 120,
    contrast: 40,
    darkShare: 0,
    brightShare: 0,
    imbalance: 0,
    detail: 0.5,
  };
  const template = new Float32Array(128);
  template[who] = 1;
  return {
    confidence: 0.99,
    boundingBox: { x: 200, y: 100, width: 200, height: 260 },
    landmarks,
    template,
    measurements,
    passive: { live: 0.9, print: modelPrint(take) },
  };
}

/** A picture with blobs that lie elsewhere in each take. */
export function modelPrint(take: number): Uint8Array {
  return Uint8Array.from({ length: PRINT_SIDE * PRINT_SIDE }, (_, i) => {
    const [x, y] = [i % PRINT_SIDE, Math.floor(i / PRINT_SIDE)];
    return (
      128 + 60 * Math.sin(x / 4 + take) * Math.cos(y / 5 - 2 * take) + 30 * Math.sin((x * y) / 90 + 3 * take)
    );
  });
}
