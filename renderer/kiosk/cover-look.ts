import type { QualityCode } from '#contract';
import type { Guidance } from '../guidance/guidance.ts';
import type { Sight } from '../guidance/watch.ts';

/** What covers a face, as the appliance names it and the guide says it. */
const COVERS = ['mouth-covered', 'eyes-covered', 'face-covered'] as const satisfies QualityCode[];
type Cover = (typeof COVERS)[number];

export const isCover = (code: Guidance['code']): code is Cover => COVERS.some((cover) => cover === code);

/** Milliseconds. */
const TIMES = {
  /** Until a covered face is looked at again. */
  again: 500,
  /** After so long the visit begins all the same: what covers the face may be what the appliance takes for a cover. */
  patience: 8000,
} as const;

/**
 * Has the appliance look whether something covers the face of somebody who is guided. Nobody waits for the answer: it comes while a
 * visit begins, within a tenth of a second where little else is computed.
 */
export class CoverLook {
  readonly #look: (picture: VideoFrame) => Promise<readonly QualityCode[]>;
  /** Since when the face is there; null: none was looked at. */
  #arrivedAt: number | null = null;
  /** Looks whose answers are waited for: what an older one says is of another face, or of another try. */
  #round = 0;
  #first = 0;
  #latest: number | null = null;
  #isPending = false;
  #cover: Cover | null = null;

  /** @param look what is to be mended in a picture, by the appliance's gate; it takes the picture over */
  constructor(look: (picture: VideoFrame) => Promise<readonly QualityCode[]>) {
    this.#look = look;
  }

  /** The guidance with what covers the face in it. */
  follow({ guidance, picture, at }: Pick<Sight, 'guidance' | 'picture' | 'at'>): Guidance {
    if (guidance.arrivedAt !== this.#arrivedAt) {
      this.forget();
      this.#arrivedAt = guidance.arrivedAt;
    }
    // Whatever else there is to say comes first.
    if (guidance.code !== 'hold-still') return guidance;
    const isDue = this.#latest === null || (this.#cover !== null && at - this.#latest >= TIMES.again);
    if (isDue && !this.#isPending) void this.#ask(picture.clone(), at);
    if (this.#cover === null || at - this.#first >= TIMES.patience) return guidance;
    return hold(guidance, this.#cover);
  }

  /** The next face is looked at again, also that of the same visitor. */
  forget(): void {
    this.#arrivedAt = null;
    this.#round += 1;
    this.#latest = null;
    this.#isPending = false;
    this.#cover = null;
  }

  async #ask(picture: VideoFrame, at: number): Promise<void> {
    const round = this.#round;
    if (this.#latest === null) this.#first = at;
    this.#latest = at;
    this.#isPending = true;
    // A visit asks the same again: what cannot be looked at now hinders nobody.
    const found = await this.#look(picture).catch((): readonly QualityCode[] => []);
    if (this.#round !== round) return;
    this.#isPending = false;
    this.#cover = COVERS.find((cover) => found.includes(cover)) ?? null;
  }
}

const hold = (guidance: Guidance, code: Guidance['code']): Guidance => ({
  ...guidance,
  code,
  good: false,
  goodSince: null,
});
