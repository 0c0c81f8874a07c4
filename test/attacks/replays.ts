import sharp from 'sharp';
import { CHALLENGE_STEPS, type ChallengeStep, type VisitFrame } from '#contract';
import { shuffled } from '#core/matching';
import { perform } from '../../scripts/samples/performance.ts';
import { between, capture, type Presentation, type Random, type Subject } from './presentation.ts';

type Steps = readonly ChallengeStep[];

/** A live visit as the generator makes it; it is the bona fide presentation, and injected it is the strongest attack. */
export async function liveVisit({ head }: Subject, steps: Steps, random: Random): Promise<Presentation> {
  const performance = perform(steps, random);
  return await capture((time) => head.frame(performance.at(time)), performance, random);
}

/** The very bytes of an earlier session of this appliance, which asked the same. */
export function replayedSession(recorded: Presentation): Presentation {
  return { ...recorded, earlier: recorded.frames };
}

/** The same pictures, recompressed, moved, resized and lit a little differently, so that no byte is the same. */
export async function recodedSession(recorded: Presentation, random: Random): Promise<Presentation> {
  const frames: VisitFrame[] = [];
  for (const frame of recorded.frames) frames.push({ ...frame, image: await recode(frame.image, random) });
  return { ...recorded, frames, earlier: recorded.frames };
}

async function recode(image: Uint8Array, random: Random): Promise<Buffer> {
  const [width, height] = [640, 480];
  const crop = Math.round(between(random, 4, 16));
  return await sharp(image)
    .extract({
      left: Math.round(crop * random()),
      top: Math.round(crop * random()),
      width: width - crop,
      height: height - crop,
    })
    .resize(width, height, { fit: 'fill' })
    .linear(between(random, 0.92, 1.08), between(random, -8, 8))
    .jpeg({ quality: Math.round(between(random, 60, 90)) })
    .toBuffer();
}

/** The attacker answers the first step, then the other person takes over; or the other way round. */
export async function faceSwap(
  { head, attacker }: Subject,
  steps: Steps,
  random: Random,
): Promise<Presentation> {
  const performance = perform(steps, random);
  const [first, second] = random() < 0.5 ? [head, attacker] : [attacker, head];
  const swapped = performance.steps[0]!.end;
  return await capture(
    (time) => (time <= swapped ? first : second).frame(performance.at(time)),
    performance,
    random,
  );
}

/** A lying renderer: every moment is filled with frames of a person who only stands there. */
export async function neutralFrames({ head }: Subject, steps: Steps, random: Random): Promise<Presentation> {
  const performance = perform(steps, random);
  const idle = perform([], random);
  return await capture((time) => head.frame(idle.at(time % idle.duration)), performance, random);
}

/** A lying renderer: frames of a live session that answered other steps, claimed to answer these. */
export async function otherSession(subject: Subject, steps: Steps, random: Random): Promise<Presentation> {
  const others = shuffled(
    CHALLENGE_STEPS.filter((step) => !steps.includes(step)),
    random,
  );
  // Too few others when three of five were asked: then the same ones, each at another place.
  const done = others.length >= steps.length ? others.slice(0, steps.length) : [...steps.slice(1), steps[0]!];
  return { ...(await liveVisit(subject, done, random)), challenge: steps };
}

/** A lying renderer: the right steps in another order, each picture claimed to be of the step that was asked then. */
export function reorderedSession(recorded: Presentation): Presentation {
  const steps = recorded.frames.filter(isStep);
  const images = steps.map(({ image }) => image);
  const perStep = images.length / recorded.challenge.length;
  const rotated = new Map(
    steps.map((frame, i) => [frame as VisitFrame, images[(i + perStep) % images.length] as Uint8Array]),
  );
  return {
    ...recorded,
    frames: recorded.frames.map((frame) => ({ ...frame, image: rotated.get(frame) ?? frame.image })),
  };
}

type StepFrame = VisitFrame & { readonly moment: { readonly kind: 'step' } };
const isStep = (frame: VisitFrame): frame is StepFrame => frame.moment.kind === 'step';

/** A lying renderer: a recording of the right steps, sent at once; its clock is squeezed or left to contradict main's. */
export function timeWarped(recorded: Presentation, random: Random): Presentation {
  const sessionMs = between(random, 150, 900);
  const squeeze = random() < 0.5 ? sessionMs / recorded.sessionMs : 1;
  return {
    ...recorded,
    sessionMs,
    frames: recorded.frames.map((frame) => ({ ...frame, capturedAt: frame.capturedAt * squeeze })),
  };
}
