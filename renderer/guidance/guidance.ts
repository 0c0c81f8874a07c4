import { NIGHT_LUMA } from './darkness.ts';
import { nearestFirst, type Placement, poseOf, type SeenFace, type Size } from './geometry.ts';

/** The guidance for a visitor, most urgent first; `hold-still` means that everything is right. */
export const GUIDANCE_CODES = [
  'too-dark',
  'backlit',
  'no-face',
  'several-faces',
  'come-closer',
  'step-back',
  'centre',
  'look-straight',
  'mouth-covered',
  'eyes-covered',
  'face-covered',
  'hold-still',
] as const;
export type GuidanceCode = (typeof GUIDANCE_CODES)[number];

/** One analysed camera picture. */
export interface Scene {
  readonly faces: readonly SeenFace[];
  readonly image: Size;
  /** Mean luma of the face, or of the whole picture when there is none: 0..255, null when not measured. */
  readonly luma: number | null;
  /** The same of what is around the face; null when there is none, or it was not measured. */
  readonly surround: number | null;
}

/**
 * Limits in fractions of the view (see `viewOf`) and degrees. `enter` must be met to become right, the wider `stay`
 * to remain so: a face at a limit does not make the text flicker.
 */
const LIMITS = {
  enter: { smallest: 0.26, largest: 0.74, offCentre: 0.2, turn: 20, luma: 45 },
  stay: { smallest: 0.23, largest: 0.8, offCentre: 0.26, turn: 26, luma: 38 },
} as const;

/** The middle of the oval on the screen, in fractions of the view. */
export const OVAL_CENTRE = { x: 0.5, y: 0.48 } as const;

/** Around a face that is too dark, so many times its light comes from behind, as main says (`quality-gate.ts`). */
const BACKLIT = 2;

/** A face this high (fraction of the view) stands at the kiosk; a smaller one walks by. */
const PRESENT_HEIGHT = 0.16;
/** Another face counts from this part of the nearest face's height; smaller ones stand in the background. */
const COMPANION_RATIO = 0.5;
/** Milliseconds a new code must last before it is shown. */
const DWELL_MS = 280;
/** The good news comes sooner. */
const DWELL_GOOD_MS = 80;
/** A face that is gone so long, in milliseconds, has left. */
export const GONE_MS = 800;
/** Between two pictures so near to each other, in milliseconds, no face moves so many of its heights: it is another one. */
const JUMP = { withinMs: 250, heights: 0.6 };
/** Fastest movement of a face that is still, in face heights per second. */
const STILL_SPEED = 0.6;

/** What is wrong in one picture, without memory; what covers a face is looked for elsewhere. `settled`: the visitor was right before, so the wider limits hold. */
export function evaluate(scene: Scene, settled: boolean): GuidanceCode {
  const limits = settled ? LIMITS.stay : LIMITS.enter;
  const [nearest, next] = nearestFirst(scene.faces, scene.image);
  const luma = scene.luma ?? Infinity;
  if (!nearest) return luma < NIGHT_LUMA ? 'too-dark' : 'no-face';
  if (luma < limits.luma) return (scene.surround ?? 0) > BACKLIT * Math.max(1, luma) ? 'backlit' : 'too-dark';
  const { place, face } = nearest;
  if (next && next.place.height > place.height * COMPANION_RATIO) return 'several-faces';
  if (place.height < limits.smallest) return 'come-closer';
  if (place.height > limits.largest) return 'step-back';
  const offX = Math.abs(place.x - OVAL_CENTRE.x);
  const offY = Math.abs(place.y - OVAL_CENTRE.y);
  if (place.cut || offX > limits.offCentre || offY > limits.offCentre) return 'centre';
  if (face.matrix) {
    const { yaw, pitch, roll } = poseOf(face.matrix);
    const straight = Math.max(Math.abs(yaw), Math.abs(pitch), Math.abs(roll)) <= limits.turn;
    if (!straight) return 'look-straight';
  }
  return 'hold-still';
}

/** Guidance over time. Start with {@link NO_GUIDANCE}. */
export interface Guidance {
  /** What to show. */
  readonly code: GuidanceCode;
  /** Someone stands near enough to be meant. */
  readonly present: boolean;
  /** This very picture is right and the face is still in it. */
  readonly good: boolean;
  /** Since when every picture was good, in milliseconds of the same clock; null when the last was not. */
  readonly goodSince: number | null;
  readonly candidate: GuidanceCode;
  readonly candidateSince: number;
  readonly last: { readonly at: number; readonly face: Placement } | null;
  /** Since when this very face is there, in milliseconds of the same clock; that of the last one while no face is there. */
  readonly arrivedAt: number;
  /** The last picture with a face. */
  readonly seen: { readonly at: number; readonly face: Placement } | null;
}

export const NO_GUIDANCE: Guidance = {
  code: 'no-face',
  present: false,
  good: false,
  goodSince: null,
  candidate: 'no-face',
  candidateSince: 0,
  last: null,
  arrivedAt: -Infinity,
  seen: null,
};

/** How far a face moved, in its heights. */
const movement = (before: Placement, face: Placement): number =>
  Math.max(Math.abs(face.x - before.x), Math.abs(face.y - before.y), Math.abs(face.height - before.height)) /
  face.height;

function isStill(last: Guidance['last'], face: Placement, at: number): boolean {
  if (!last || at <= last.at) return false;
  return movement(last.face, face) / ((at - last.at) / 1000) <= STILL_SPEED;
}

/** Whether a face may be the one that was seen before: it was not gone for long, and did not jump. */
function isSame(seen: Guidance['seen'], face: Placement, at: number): boolean {
  if (!seen || at - seen.at >= GONE_MS) return false;
  return at - seen.at > JUMP.withinMs || movement(seen.face, face) <= JUMP.heights;
}

/**
 * The guidance after one more picture.
 * @param at milliseconds of a monotonic clock
 */
export function follow(previous: Guidance, scene: Scene, at: number): Guidance {
  const raw = evaluate(scene, previous.code === 'hold-still');
  const face = nearestFirst(scene.faces, scene.image)[0]?.place;
  const candidateSince = raw === previous.candidate ? previous.candidateSince : at;
  // No visitor who stands there is told to come: what is said to an empty room ends with the second picture of a face.
  const isBack = previous.code === 'no-face' && previous.last !== null && face !== undefined;
  const dwell = isBack ? 0 : raw === 'hold-still' ? DWELL_GOOD_MS : DWELL_MS;
  const good = raw === 'hold-still' && face !== undefined && isStill(previous.last, face, at);
  return {
    code: at - candidateSince >= dwell ? raw : previous.code,
    present: face !== undefined && face.height >= PRESENT_HEIGHT,
    good,
    goodSince: good ? (previous.goodSince ?? at) : null,
    candidate: raw,
    candidateSince,
    last: face ? { at, face } : null,
    arrivedAt: face && !isSame(previous.seen, face, at) ? at : previous.arrivedAt,
    seen: face ? { at, face } : previous.seen,
  };
}
