import type { ChallengeStep, VisitFrame, VisitMoment } from '#contract';
import { encodeJpeg } from '../camera/picture.ts';
import { type Change, REACH } from '../liveness/detectors.ts';

/** A picture is kept when the step has gone this much further than in the best one so far. */
const PROGRESS = 0.3;

interface Candidate {
  readonly at: number;
  readonly image: Promise<Uint8Array<ArrayBuffer>>;
}

/** Most pictures are never sent: who sends one that could not be encoded hears of it then. */
function encoded(picture: VideoFrame): Candidate['image'] {
  const image = encodeJpeg(picture.clone());
  image.catch(() => undefined);
  return image;
}

/** The frames of one visit: those captured, and while a step is under way those that may turn out to be its height. */
export class Evidence {
  readonly #frames: { readonly candidate: Candidate; readonly moment: VisitMoment }[] = [];
  #candidates: Candidate[] = [];
  #best = 0;

  /** Keeps the picture as evidence of the moment. */
  add(picture: VideoFrame, at: number, moment: VisitMoment): void {
    this.#frames.push({ candidate: { at, image: encoded(picture) }, moment });
  }

  /** Keeps the picture for now if the step that is asked for has never gone as far. */
  offer(picture: VideoFrame, kind: ChallengeStep, change: Change): void {
    const reach = REACH[kind](change);
    if (reach <= 0) this.#best = 0;
    else if (reach > this.#best + PROGRESS) {
      this.#best = reach;
      this.#candidates.push({ at: change.at, image: encoded(picture) });
    }
  }

  /** Makes the candidate nearest to a step's peak its evidence, and forgets the others. */
  recall(step: number, peak: number): void {
    const distance = ({ at }: Candidate): number => Math.abs(at - peak);
    const nearest = this.#candidates.toSorted((a, b) => distance(a) - distance(b))[0];
    if (nearest) this.#frames.push({ candidate: nearest, moment: { kind: 'step', step } });
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
