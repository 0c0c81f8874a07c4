import { PixelMemory, type Placed } from './pixel-memory.ts';
import { compose, scaleOf, type Similarity } from './transform.ts';
import type { QuarterTurn } from '#contract';
import type { RgbImage } from './types.ts';

/** What is made of each value c, 0..255: (c - minus) times. */
export interface Scaling {
  readonly minus: number;
  readonly times: number;
}

const AS_IT_IS: Scaling = { minus: 0, times: 1 };

/** An image that can be looked at through any transform. */
export interface View {
  readonly width: number;
  readonly height: number;
  /**
   * Resample by bilinear interpolation; black outside the image.
   * @param toSource takes a point of the output to a point of this image
   * @returns planes R, G, B of `width * height` numbers each, 0..255 unless they are scaled
   */
  sample(toSource: Similarity, width: number, height: number, scaling?: Scaling): Float32Array;
  /**
   * The same without a copy: what is sampled lies in the image's memory, and is gone when `use` has ended.
   * @param use samples nothing of this image
   */
  lend<T>(
    toSource: Similarity,
    width: number,
    height: number,
    scaling: Scaling,
    use: (planes: Float32Array) => Promise<T>,
  ): Promise<T>;
}

/**
 * An image with its halves, quarters and so on (a mipmap), so that reducing it by any factor looks at every pixel
 * and does not alias. Levels are made when first needed.
 */
export class Raster implements View {
  readonly width: number;
  readonly height: number;
  readonly #memory = PixelMemory.take();
  readonly #levels: Placed[];

  constructor(image: RgbImage) {
    this.width = image.width;
    this.height = image.height;
    this.#levels = [this.#memory.place(image)];
  }

  sample(toSource: Similarity, width: number, height: number, scaling: Scaling = AS_IT_IS): Float32Array {
    const planes = this.#sample(toSource, width, height, scaling);
    const copy = planes.slice();
    this.#memory.takeBack(planes);
    return copy;
  }

  async lend<T>(
    toSource: Similarity,
    width: number,
    height: number,
    scaling: Scaling,
    use: (planes: Float32Array) => Promise<T>,
  ): Promise<T> {
    const planes = this.#sample(toSource, width, height, scaling);
    try {
      return await use(planes);
    } finally {
      this.#memory.takeBack(planes);
    }
  }

  #sample(toSource: Similarity, width: number, height: number, { minus, times }: Scaling): Float32Array {
    const wanted = Math.max(0, Math.floor(Math.log2(scaleOf(toSource))));
    const f = 2 ** -wanted;
    const [a, b] = [toSource.a * f, toSource.b * f];
    // Pixel centres lie at half numbers in both images.
    const x = (a - b) / 2 + toSource.tx * f - 0.5;
    const y = (a + b) / 2 + toSource.ty * f - 0.5;
    return this.#memory.sample(this.#level(wanted), { a, b, x, y }, width, height, minus, times);
  }

  /** Overwrite the pixels. The image cannot be looked at any more. */
  release(): void {
    this.#levels.length = 0;
    this.#memory.give();
  }

  #level(index: number): Placed {
    if (this.#levels.length === 0) throw new Error('This image was released.');
    for (let i = this.#levels.length; i <= index; i++) {
      this.#levels.push(this.#memory.halve(this.#levels[i - 1]!));
    }
    return this.#levels[index]!;
  }
}

/** The same image turned clockwise. No pixel is copied. */
export function turned(image: View, degrees: Exclude<QuarterTurn, 0>): View {
  const { width, height } = image;
  const toImage = {
    90: { a: 0, b: -1, tx: 0, ty: height },
    180: { a: -1, b: 0, tx: width, ty: height },
    270: { a: 0, b: 1, tx: width, ty: 0 },
  }[degrees];
  return {
    ...(degrees === 180 ? { width, height } : { width: height, height: width }),
    sample: (toSource, w, h, scaling) => image.sample(compose(toImage, toSource), w, h, scaling),
    lend: (toSource, w, h, scaling, use) => image.lend(compose(toImage, toSource), w, h, scaling, use),
  };
}
