import type { LightSlot } from '#contract';
import { drawLight, Show } from '#core/liveness';
import { shuffled } from '#core/matching';
import type { RgbImage } from '#core/recognition';
import { between, type Random } from '../presentation.ts';
import type { Sway } from '../../../scripts/samples/performance.ts';
import { printed } from '../prints.ts';
import { bordered, FLAT, wall } from '../surfaces.ts';
import { newLightCamera } from './camera.ts';
import { FOCAL, litHead, litSurface, type LightScene, type Standing, type Surface } from './scenes.ts';
import { drawSite, type Site } from './site.ts';

/** A picture, and when it was taken: milliseconds since the sequence began. */
export interface LightPicture {
  readonly at: number;
  readonly image: Buffer;
}

export interface LightPresentation {
  readonly slots: readonly LightSlot[];
  readonly pictures: readonly LightPicture[];
}

/** The room that something is presented in, with what the kiosk shows. */
export interface LightOccasion {
  readonly standing: Standing;
  readonly site: Site;
  readonly slots: readonly LightSlot[];
}

/** One species of presentation attack instrument, against light: shown before the camera, or made of pictures of a living person. */
export type LightAttack = { readonly description: string } & (
  | { readonly scene: (occasion: LightOccasion, random: Random) => LightScene }
  | { readonly replay: (live: LightPresentation, random: Random) => LightPresentation }
);

const drawn = (random: Random): LightSlot[] => drawLight((end) => Math.floor(random() * end));

/** A person who is lit by what a screen shows. */
const lit = ({ standing, site }: LightOccasion, slots: readonly LightSlot[]): LightScene =>
  litHead(site, standing, new Show(slots));

export const liveLight = (occasion: LightOccasion): LightScene => lit(occasion, occasion.slots);

/** What is relit as the screen asks is a living person's pictures, later. */
const later = ({ slots, pictures }: LightPresentation, milliseconds: number): LightPresentation => ({
  slots,
  pictures: pictures.map(({ at, image }) => ({ at: at + milliseconds, image })),
});

export const LIGHT_ATTACKS = {
  'injected-unlit': {
    description:
      'A photograph animated or a recording, injected in place of the camera; no light on it changes',
    scene: (occasion) => lit(occasion, []),
  },
  'injected-other-light': {
    description: 'The pictures of another visit, lit by the sequence of that one',
    replay: ({ pictures }, random) => ({ slots: drawn(random), pictures }),
  },
  'injected-reordered': {
    description: 'The pictures of a living person of this visit, in another order',
    replay: ({ slots, pictures }, random) => {
      const images = shuffled(
        pictures.map(({ image }) => image),
        random,
      );
      return { slots, pictures: pictures.map(({ at }, i) => ({ at, image: images[i]! })) };
    },
  },
  'injected-relit-300': {
    description: 'An animation that is relit as the screen asks, 0.3 s late',
    replay: (live) => later(live, 300),
  },
  'injected-relit-100': {
    description: 'An animation that is relit as the screen asks, 0.1 s late',
    replay: (live) => later(live, 100),
  },
  'print-flat': {
    description: 'A matt photograph on paper, flat',
    scene: (occasion, random) => print(occasion, 0, random),
  },
  'print-bent': {
    description: 'A matt photograph on paper, bent by 40 to 150 degrees',
    scene: (occasion, random) => print(occasion, between(random, 40, 150), random),
  },
  phone: {
    description: 'A recording on a phone with glossy glass',
    scene: screen(0.06, (random) => ({
      emits: between(random, 200, 600),
      matte: 0.006,
      mirrors: between(random, 0.035, 0.05),
    })),
  },
  'tablet-glossy': {
    description: 'A recording on a tablet with glossy glass',
    scene: screen(0.1, (random) => ({
      emits: between(random, 200, 500),
      matte: 0.008,
      mirrors: between(random, 0.02, 0.05),
    })),
  },
  'tablet-matt': {
    description: 'A recording on a tablet or monitor with a matt surface',
    scene: screen(0.12, (random) => ({
      emits: between(random, 150, 400),
      matte: between(random, 0.015, 0.04),
      mirrors: 0,
    })),
  },
} as const satisfies Readonly<Record<string, LightAttack>>;

export type LightAttackName = keyof typeof LIGHT_ATTACKS;

/** Width of the generator's face, in widths of the picture. */
const FACE = 190 / 640;

function print({ standing, site, slots }: LightOccasion, bendAcross: number, random: Random): LightScene {
  const scale = between(random, 0.8, 1.05);
  /** Metres that the face on the paper is wide. */
  const width = between(random, 0.1, 0.16);
  return litSurface(
    site,
    {
      texture: printed(standing.photo, random),
      pose: { ...FLAT, scale, bendAcross, yaw: between(random, -8, 8), pitch: between(random, -8, 8) },
      sway: inHand(standing),
      distance: (width * FOCAL) / (FACE * scale),
      background: wall(standing.photo.width, standing.photo.height, random),
    },
    { emits: 0, matte: 'picture', mirrors: 0 },
    new Show(slots),
  );
}

/** A device that shows a recording. @param width metres that the face on it is wide @param surfaceOf draws its glass */
function screen(width: number, surfaceOf: (random: Random) => Surface) {
  return ({ standing, site, slots }: LightOccasion, random: Random): LightScene => {
    const surface = surfaceOf(random);
    const scale = between(random, 0.8, 1.05);
    const shown = (picture: number): RgbImage =>
      bordered(standing.frames[picture % standing.frames.length]!.image, 14, 8);
    return litSurface(
      site,
      {
        texture: shown(0),
        pose: { ...FLAT, scale, yaw: between(random, -12, 12), pitch: between(random, -12, 12) },
        sway: inHand(standing),
        distance: (width * FOCAL) / (FACE * scale),
        background: wall(standing.photo.width, standing.photo.height, random),
      },
      surface,
      new Show(slots),
      shown,
    );
  };
}

/** What is held sways less than a head, and otherwise than the one it shows. */
function inHand({ frames }: Standing): (picture: number) => Sway {
  return (picture) => {
    const { yaw, pitch, roll, x, y } = frames[(frames.length - 1 - picture) % frames.length]!.state;
    return { yaw: yaw / 2, pitch: pitch / 2, roll: roll / 2, x: x / 2, y: y / 2 };
  };
}

/** Milliseconds from a screen to a camera's picture, and between the pictures that a kiosk sends. */
const LATENCY = [50, 160] as const;
const GAP = [90, 115] as const;
/** Milliseconds that a picture is exposed: longer in the dark. */
const EXPOSURE = [8, 33] as const;
/** Milliseconds that the camera looks on before the sequence begins, for the exposure to settle. */
const BEFORE = 250;

/**
 * The pictures that a kiosk takes of what stands before it while it shows a sequence.
 * @param ambient lux
 * @param asked what it shows; default: drawn
 */
export async function presentLight(
  standing: Standing,
  ambient: number,
  scene: (occasion: LightOccasion, random: Random) => LightScene,
  random: Random,
  asked?: readonly LightSlot[],
): Promise<LightPresentation> {
  const site = drawSite(ambient, random);
  const slots = asked ?? drawn(random);
  const seen = scene({ standing, site, slots }, random);
  const camera = newLightCamera(standing.photo, ambient, random);
  const latency = between(random, ...LATENCY);
  const gap = between(random, ...GAP);
  const exposure = ambient < 200 ? EXPOSURE[1] : between(random, ...EXPOSURE);
  const end = new Show(slots).duration + latency;
  const pictures: LightPicture[] = [];
  let last = -BEFORE - gap;
  for (let at = -BEFORE, number = 0; at < end; at += gap + between(random, -8, 8), number++) {
    const image = await camera(seen(number, at - latency - exposure, at - latency), at - last);
    if (at >= 0) pictures.push({ at, image });
    last = at;
  }
  return { slots, pictures };
}
