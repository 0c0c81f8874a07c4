import type { ChallengeStep } from '#contract';
import type { RgbImage } from '#core/recognition';
import { AT_REST } from '../../scripts/samples/animated-head.ts';
import { perform, type Performance } from '../../scripts/samples/performance.ts';
import { sampleInto } from '../../scripts/samples/mesh.ts';
import { between, capture, type Presentation, type Random, type Subject } from './presentation.ts';
import { bordered, FLAT, mapPixels, showSurface, wall, type Pose } from './surfaces.ts';

type Steps = readonly ChallengeStep[];

/** A photograph on paper: less contrast, a tint, light from one side, and a white edge. */
export function printed(photo: RgbImage, random: Random): RgbImage {
  const [black, white] = [between(random, 8, 30), between(random, 215, 240)];
  const tint = [between(random, 0.97, 1.03), 1, between(random, 0.92, 1)];
  const slope = between(random, -0.2, 0.2);
  return bordered(
    mapPixels(
      photo,
      (value, channel, x) =>
        (black + (value / 255) * (white - black)) * tint[channel]! * (1 + slope * (x / photo.width - 0.5)),
    ),
    14,
    238,
  );
}

/** What a hand does with a sheet at the height of a step. */
type Gesture = (step: ChallengeStep, random: Random) => Partial<Pose>;

/** A sheet held in front of the camera while its holder tries to satisfy the steps. */
async function holdSheet(
  { head }: Subject,
  steps: Steps,
  random: Random,
  gesture: Gesture,
  textureAt: (print: RgbImage, performance: Performance, time: number) => RgbImage = (print) => print,
): Promise<Presentation> {
  const performance = perform(steps, random);
  const print = printed(head.photo, random);
  const background = wall(head.photo.width, head.photo.height, random);
  const held = {
    ...FLAT,
    scale: between(random, 0.75, 1.05),
    yaw: between(random, -4, 4),
    roll: between(random, -3, 3),
  };
  const gestures = performance.steps.map(({ step }) => gesture(step, random));
  return await capture(
    (time) => {
      const { yaw, pitch, roll, x, y } = performance.sway(time);
      const pose = { ...held, yaw: held.yaw + yaw, pitch, roll: held.roll + roll, x, y };
      for (const [i, change] of gestures.entries()) {
        const share = performance.share(i, time);
        for (const [name, value] of Object.entries(change)) pose[name as keyof Pose] += share * value;
      }
      return showSurface(textureAt(print, performance, time), pose, background);
    },
    performance,
    random,
  );
}

/** Held as still as a hand can. */
export const stillPrint = (subject: Subject, steps: Steps, random: Random): Promise<Presentation> =>
  holdSheet(subject, steps, random, () => ({}));

/** Turned, tilted, brought closer: as far as it helps. */
const turnSheet: Gesture = (step, random) => {
  const gestures: Readonly<Record<ChallengeStep, Partial<Pose>>> = {
    'turn-left': { yaw: between(random, 20, 50), pitch: between(random, -8, 8) },
    'turn-right': { yaw: -between(random, 20, 50), pitch: between(random, -8, 8) },
    nod: { pitch: -between(random, 20, 45), y: between(random, 0, 25) },
    blink: { pitch: between(random, -30, 30), scale: between(random, -0.3, 0) },
    smile: {
      yaw: between(random, -12, 12),
      pitch: between(random, -25, 25),
      scale: between(random, 0, 0.25),
    },
  };
  return gestures[step];
};

export const movedPrint = (subject: Subject, steps: Steps, random: Random): Promise<Presentation> =>
  holdSheet(subject, steps, random, turnSheet);

/** Bent around the upright or the level line, and turned as well. */
const bendSheet: Gesture = (step, random) => ({
  ...turnSheet(step, random),
  ...(step === 'nod' || step === 'blink'
    ? { bendDown: between(random, -60, 120) }
    : { bendAcross: between(random, -90, 200) }),
});

export const bentPrint = (subject: Subject, steps: Steps, random: Random): Promise<Presentation> =>
  holdSheet(subject, steps, random, bendSheet);

/** The eyes are cut out, and the attacker's own look and blink through the holes; the sheet is turned and bent. */
export const cutOutEyes = (subject: Subject, steps: Steps, random: Random): Promise<Presentation> =>
  holdSheet(subject, steps, random, bendSheet, (print, performance, time) => {
    const behind = subject.attacker.frame({ ...AT_REST, eyesClosed: performance.at(time).eyesClosed });
    const border = (print.width - subject.head.photo.width) / 2;
    const cut = { ...print, data: new Uint8Array(print.data) };
    for (const first of [36, 42]) showThrough(cut, behind, subject, first, border);
    return cut;
  });

/** One eye of the attacker in a hole over the photograph's. @param first landmark of the eye */
function showThrough(
  print: RgbImage,
  behind: RgbImage,
  { head, attacker }: Subject,
  first: number,
  border: number,
): void {
  const [hole, eye] = [head, attacker].map(({ landmarks }) => {
    const [a, b] = [landmarks[first]!, landmarks[first + 3]!];
    return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, width: Math.hypot(b.x - a.x, b.y - a.y) };
  }) as [Eye, Eye];
  const scale = eye.width / hole.width;
  const [rx, ry] = [0.75 * hole.width, 0.5 * hole.width];
  for (let y = Math.floor(-ry); y <= ry; y++) {
    for (let x = Math.floor(-rx); x <= rx; x++) {
      const away = Math.hypot(x / rx, y / ry);
      if (away > 1) continue;
      const i = 3 * (Math.round(hole.y + border + y) * print.width + Math.round(hole.x + border + x));
      sampleInto(print.data, i, behind, eye.x + scale * x, eye.y + scale * y);
      // The paper throws a shadow on the skin behind.
      const shade = away > 0.9 ? 0.55 : 0.85;
      for (let c = i; c < i + 3; c++) print.data[c] = shade * print.data[c]!;
    }
  }
}

interface Eye {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}
