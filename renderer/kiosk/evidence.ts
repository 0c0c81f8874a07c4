import { VISIT_LIMITS, type ChallengeStep, type VisitFrame, type VisitMoment } from '#contract';
import { call } from '../bridge/bridge.ts';
import { encodeJpeg } from '../camera/picture.ts';
import type { Sight } from '../guidance/watch.ts';
import { type Change, REACH } from '../liveness/detectors.ts';
import { nearPeak, STEP_GAP_MS } from '../liveness/peak.ts';

/** A picture is kept when the step has gone this much further than in the best one so far, */
const PROGRESS = 0.3;
/** or when it has nearly gone so far that it counts, and the picture kept before is a little older. */
const NEARLY = 0.8;
/** Pictures that are kept while a step is under way; it is certain long before there are as many around its height. */
const MOST_CANDIDATES = 24;

/**
 * Frontal pictures between the steps: milliseconds from one to the next, how many are kept, and how long before the frames of a
 * step one has to be: main takes no step for an answer that follows a frame sooner than a person reacts.
 */
const BETWEEN_GAP_MS = 250;
const MOST_BETWEEN = 6;
const BEFORE_STEP_MS = 260;

interface Candidate {
  readonly at: number;
  /** Milliseconds of the camera's clock: on a busy machine pictures are looked at sooner or later after they were taken. */
  readonly taken: number;
  readonly image: Promise<Uint8Array<ArrayBuffer>>;
}

/** A frame that is sent. */
interface Captured {
  readonly candidate: Candidate;
  readonly moment: VisitMoment;
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

/**
 * The frames of one visit: those captured, which are sent while the visit goes on, and while a step is under way those that may
 * turn out to be its height.
 */
export class Evidence {
  /** Frames that were captured. */
  #count = 0;
  #candidates: Candidate[] = [];
  #best = 0;
  /** Frontal pictures between two steps. */
  #between: Candidate[] = [];
  #lastAt = -Infinity;
  /** Frontal frames that were captured between the steps. */
  frontal = 0;
  /** Frames that wait until the visit is open and the batch before them has arrived. */
  #waiting: Captured[] = [];
  /** Frames that the appliance has. */
  #arrived = 0;
  #visitId: string | null = null;
  #onRefused: (error: unknown) => void = () => undefined;
  #sending: Promise<void> = Promise.resolve();

  /**
   * The visit whose evidence this is was opened: what was captured is sent.
   * @param onRefused called when a frame could not be encoded or was refused: the visit has ended then
   */
  open(visitId: string, onRefused: (error: unknown) => void): void {
    this.#visitId = visitId;
    this.#onRefused = onRefused;
    this.#send();
  }

  /**
   * Keeps the picture as evidence of the moment. Frames of the light are dated by when they were taken: colours change faster than a
   * busy page looks at pictures.
   */
  add({ picture, at, takenAt }: Pick<Sight, 'picture' | 'at' | 'takenAt'>, moment: VisitMoment): void {
    const candidate = candidateOf(picture, moment.kind === 'light' ? takenAt : at);
    this.#capture([{ candidate, moment }]);
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

  /** Keeps a frontal picture while a step is asked for, before it begins: it may become a frame. */
  offerFrontal(picture: VideoFrame, at: number): void {
    const before = this.#between.at(-1)?.at ?? this.#lastAt;
    if (at - before < BETWEEN_GAP_MS) return;
    this.#between.push(candidateOf(picture, at));
    if (this.#between.length > MOST_BETWEEN) this.#between.shift();
  }

  /** Makes the candidates around a step's peak its evidence, and forgets the others. */
  recall(step: number, peak: number): void {
    const frames = nearPeak(this.#candidates, peak).map((candidate): Captured => ({
      candidate,
      moment: { kind: 'step', step },
    }));
    const first = frames[0]?.candidate.at ?? -Infinity;
    const frontal = this.#between.findLast(({ at }) => first - at >= BEFORE_STEP_MS);
    if (frontal !== undefined) this.frontal += 1;
    this.#between = [];
    this.#capture([
      ...(frontal ? [{ candidate: frontal, moment: { kind: 'frontal' as const } }] : []),
      ...frames,
    ]);
    this.#candidates = [];
    this.#best = 0;
  }

  /**
   * Resolves when every frame has arrived.
   * @returns how many there are
   * @throws Error when a picture could not be encoded; KioskError where the appliance refused one
   */
  async sent(): Promise<number> {
    await this.#sending;
    return this.#count;
  }

  #capture(frames: readonly Captured[]): void {
    this.#waiting.push(...frames);
    this.#count += frames.length;
    this.#lastAt = frames.at(-1)?.candidate.at ?? this.#lastAt;
    this.#send();
  }

  /** One batch after the other, in the order of their capture: what comes meanwhile makes the next one. */
  #send(): void {
    const visitId = this.#visitId;
    if (visitId === null) return;
    this.#sending = this.#sendAfter(this.#sending, visitId);
    this.#sending.catch(this.#onRefused);
  }

  async #sendAfter(before: Promise<void>, visitId: string): Promise<void> {
    await before;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, VISIT_LIMITS.batch);
      const frames = await Promise.all(batch.map(encodedFrame));
      await call('visit.frames', { visitId, from: this.#arrived, frames });
      this.#arrived += batch.length;
      this.#waiting.splice(0, batch.length);
    }
  }
}

const encodedFrame = async ({ candidate, moment }: Captured): Promise<VisitFrame> => ({
  image: await candidate.image,
  capturedAt: candidate.at,
  moment,
});
