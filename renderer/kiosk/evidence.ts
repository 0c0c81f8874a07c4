import type { ChallengeStep, VisitFrame, VisitMoment } from '#contract';
import { encodeJpeg } from '../camera/picture.ts';
import { type Change, REACH } from '../liveness/detectors.ts';
import { nearPeak, STEP_GAP_MS } from '../liveness/peak.ts';

/** A picture is kept when the step has gone this much further than in the best one so far, */
const PROGRESS = 0.3;
/** or when it has nearly gone so far that it counts, and the picture kept before is a little older. */
const NEARLY = 0.8;
/** Pictures that are kept while a step is under way; it is certain long before there are as many around its height. */
const MOST_CANDIDATES = 24;

interface Candidate {
  readonly at: number;
  /** Milliseconds of the camera's clock: on a busy machine pictures are looked at sooner or later after they were taken. */
  readonly taken: number;
  readonly image: Promise<Uint8Array<ArrayBuffer>>;
}

/** Starts encoding. Most pictures are never sent, so a failure matters only to the caller that sends this one. */
function encoded(picture: VideoFrame): Candidate['image'] {
  const image = encodeJpeg(picture.clone());
  image.catch(() => undefined);
  return image;
}

const takenAt = ({ timestamp }: VideoFrame): number => timestamp / 1000;
const candidateOf = (picture: VideoFrame, at: number): Candidate => ({
  at,
  taken: takenAt(picture),
  image: encoded(picture),
});

/** The frames of one visit: those captured, and while a step is under way those that may turn out to be its height. */
export class Evidence {
  readonly #frames: { readonly candidate: Candidate; readonly moment: VisitMoment }[] = [];
  #candidates: Candidate[] = [];
  #best = 0;

  /** Keeps the picture as evidence of the moment. */
  add(picture: VideoFrame, at: number, moment: VisitMoment): void {
    this.#frames.push({ candidate: candidateOf(picture, at), moment });
  }

  /** Keeps the picture for now if it may be one of those around the height of the step that is asked for. */
  offer(picture: VideoFrame, kind: ChallengeStep, change: Change): void {
    const reach = REACH[kind](change);
    if (reach <= 0) this.#best = 0;
    const goesFurther = reach > this.#best + PROGRESS;
    const isApart = takenAt(picture) - (this.#candidates.at(-1)?.taken ?? -Infinity) >= STEP_GAP_MS;
    if (!goesFurther && (reach < NEARLY || !isApart)) return;
    // Cameras in poor light show a picture twice: two that are taken one after the other may be copies.
    if (!isApart) this.#candidates.pop();
    this.#best = Math.max(this.#best, reach);
    this.#candidates.push(candidateOf(picture, change.at));
    if (this.#candidates.length > MOST_CANDIDATES) this.#candidates.shift();
  }

  /** Makes the candidates around a step's peak its evidence, and forgets the others. */
  recall(step: number, peak: number): void {
    for (const candidate of nearPeak(this.#candidates, peak)) {
      this.#frames.push({ candidate, moment: { kind: 'step', step } });
    }
    this.#candidates = [];
    this.#best = 0;
  }

  /** @throws Error when a picture could not be encoded */
  frames(): Promise<VisitFrame[]> {
    return Promise.all(
      this.#frames.map(async ({ candidate: { at, image }, moment }) => ({
        image: await image,
        capturedAt: at,
        moment,
      })),
    );
  }
}
