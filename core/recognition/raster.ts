import { compose, scaleOf, type Similarity } from './transform.ts';
import type { QuarterTurn, RgbImage } from './types.ts';

/** An image that can be looked at through any transform. */
export interface View {
  readonly width: number;
  readonly height: number;
  /**
   * Resample by bilinear interpolation; black outside the image.
   * @param toSource takes a point of the output to a point of this image
   * @returns planes R, G, B of `width * height` numbers each, 0..255
   */
  sample(toSource: Similarity, width: number, height: number): Float32Array;
}

/**
 * An image with its halves, quarters and so on (a mipmap), so that reducing it by any factor looks at every pixel
 * and does not alias. Levels are made when first needed.
 */
export class Raster implements View {
  readonly width: number;
  readonly height: number;
  readonly #levels: RgbImage[];

  constructor(image: RgbImage) {
    this.width = image.width;
    this.height = image.height;
    this.#levels = [image];
  }

  sample(toSource: Similarity, width: number, height: number): Float32Array {
    const wanted = Math.max(0, Math.floor(Math.log2(scaleOf(toSource))));
    const level = this.#level(wanted);
    const f = 2 ** -wanted;
    return bilinear(
      level,
      { a: toSource.a * f, b: toSource.b * f, tx: toSource.tx * f, ty: toSource.ty * f },
      width,
      height,
    );
  }

  #level(index: number): RgbImage {
    for (let i = this.#levels.length; i <= index; i++) {
      this.#levels.push(halve(this.#levels[i - 1] as RgbImage));
    }
    return this.#levels[index] as RgbImage;
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
    sample: (toSource, w, h) => image.sample(compose(toImage, toSource), w, h),
  };
}

/** Means of 2 x 2 pixels; an odd last row or column is left out. Written out by colour: a loop takes half as long again. */
function halve(image: RgbImage): RgbImage {
  const width = image.width >> 1;
  const height = image.height >> 1;
  const source = image.data;
  const stride = image.width * 3;
  const data = new Uint8Array(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let a = 2 * y * stride;
    let b = a + stride;
    for (let x = 0; x < width; x++, a += 6, b += 6, to += 3) {
      data[to] = (source[a]! + source[a + 3]! + source[b]! + source[b + 3]! + 2) >> 2;
      data[to + 1] = (source[a + 1]! + source[a + 4]! + source[b + 1]! + source[b + 4]! + 2) >> 2;
      data[to + 2] = (source[a + 2]! + source[a + 5]! + source[b + 2]! + source[b + 5]! + 2) >> 2;
    }
  }
  return { data, width, height };
}

/** Written out by colour too: a loop takes nearly three times as long. */
function bilinear(image: RgbImage, t: Similarity, width: number, height: number): Float32Array {
  const { data } = image;
  const plane = width * height;
  const stride = image.width * 3;
  const lastX = image.width - 1;
  const lastY = image.height - 1;
  const out = new Float32Array(plane * 3);
  for (let v = 0, to = 0; v < height; v++) {
    // Pixel centres lie at half numbers in both images.
    let x = t.a * 0.5 - t.b * (v + 0.5) + t.tx - 0.5;
    let y = t.b * 0.5 + t.a * (v + 0.5) + t.ty - 0.5;
    for (let u = 0; u < width; u++, to++, x += t.a, y += t.b) {
      const x0 = Math.floor(x);
      const y0 = Math.floor(y);
      if (x0 < -1 || y0 < -1 || x0 > lastX || y0 > lastY) continue;
      const fx = x - x0;
      const fy = y - y0;
      // A neighbour outside the image is black: it weighs nothing, and its address stays inside.
      const left = x0 < 0 ? 0 : 1 - fx;
      const right = x0 === lastX ? 0 : fx;
      const top = y0 < 0 ? 0 : 1 - fy;
      const bottom = y0 === lastY ? 0 : fy;
      const i = y0 * stride + x0 * 3;
      const p = left * top === 0 ? 0 : i;
      const q = right * top === 0 ? 0 : i + 3;
      const r = left * bottom === 0 ? 0 : i + stride;
      const s = right * bottom === 0 ? 0 : i + stride + 3;
      out[to] = (data[p]! * left + data[q]! * right) * top + (data[r]! * left + data[s]! * right) * bottom;
      out[to + plane] =
        (data[p + 1]! * left + data[q + 1]! * right) * top +
        (data[r + 1]! * left + data[s + 1]! * right) * bottom;
      out[to + 2 * plane] =
        (data[p + 2]! * left + data[q + 2]! * right) * top +
        (data[r + 2]! * left + data[s + 2]! * right) * bottom;
    }
  }
  return out;
}
