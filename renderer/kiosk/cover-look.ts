import type { QualityCode } from '#contract';
import type { Guidance } from '../guidance/guidance.ts';
import type { Sight } from '../guidance/watch.ts';

/** What covers a face, as the appliance names it and the guide says it. */
const COVERS = ['mouth-covered', 'eyes-covered', 'face-covered'] as const satisfies QualityCode[];
type Cover = (typeof COVERS)[number];

/** Milliseconds. */
const TIMES = {
  /** A visit waits so long for the first answer, which comes within a tenth of a second where little else is computed. */
  wait: 1200,
  /** Until a covered face is looked at again. */
  again: 500,
  /** After so long the visit begins all the same: what covers the face may be what the appliance takes for a cover. */
  patience: 8000,
} as const;

/** Has the appliance look whether something covers the face of somebody who is guided, before their visit begins. */
export class CoverLook {
  readonly #look: (picture: VideoFrame) => Promise<readonly QualityCode[]>;
  /** Since when the guide is shown, and since when the face is there. */
  #guided: readonly [guide: number, face: number] | null = null;
  #first = 0;
  #latest: number | null = null;
  #isPending = false;
  #isAnswered = false;
  #cover: Cover | null = null;

  /** @param look what is to be mended in a picture, by the appliance's gate; it takes the picture over */
  constructor(look: (picture: VideoFrame) => Promise<readonly QualityCode[]>) {
    this.#look = look;
  }

  /**
   * The guidance with what covers the face in it.
   * @param since when the guide was shown, in milliseconds of the page's clock
   */
  follow({ guidance, picture, at }: Pick<Sight, 'guidance' | 'picture' | 'at'>, since: number): Guidance {
    const [guide, face] = this.#guided ?? [];
    if (guide !== since || face !== guidance.arrivedAt) this.#forget([since, guidance.arrivedAt]);
    // Whatever else there is to say comes first.
    if (guidance.code !== 'hold-still') return guidance;
    const isDue = this.#latest === null || (this.#cover !== null && at - this.#latest >= TIMES.again);
    if (isDue && !this.#isPending) void this.#ask(picture.clone(), at);
    const lasted = at - this.#first;
    if (this.#cover !== null && lasted < TIMES.patience) return hold(guidance, this.#cover);
    return !this.#isAnswered && lasted < TIMES.wait ? hold(guidance, guidance.code) : guidance;
  }

  #forget(guided: readonly [number, number]): void {
    this.#guided = guided;
    this.#latest = null;
    this.#isPending = false;
    this.#isAnswered = false;
    this.#cover = null;
  }

  async #ask(picture: VideoFrame, at: number): Promise<void> {
    const guided = this.#guided;
    if (this.#latest === null) this.#first = at;
    this.#latest = at;
    this.#isPending = true;
    // A visit asks the same again: what cannot be looked at now hinders nobody.
    const found = await this.#look(picture).catch((): readonly QualityCode[] => []);
    if (this.#guided !== guided) return;
    this.#isPending = false;
    this.#isAnswered = true;
    this.#cover = COVERS.find((cover) => found.includes(cover)) ?? null;
  }
}

const hold = (guidance: Guidance, code: Guidance['code']): Guidance => ({
  ...guidance,
  code,
  good: false,
  goodSince: null,
});
