import { scaleOf, type Similarity } from './transform.ts';
import type { RgbImage } from './types.ts';

/**
 * An image with its halves, quarters and so on (a mipmap), so that reducing it by any factor looks at every pixel
 * and does not alias. Levels are made when first needed.
 */
export class Raster {
  readonly width: number;
  readonly height: number;
  readonly #levels: RgbImage[];

  constructor(image: RgbImage) {
    this.width = image.width;
    this.height = image.height;
    this.#levels = [image];
  }

  /**
   * Resample by bilinear interpolation; black outside the image.
   * @param toSource takes a point of the output to a point of this image
   * @returns planes R, G, B of `width * height` numbers each, 0..255
   */
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

/** Means of 2 x 2 pixels; an odd last row or column is left out. */
function halve(image: RgbImage): RgbImage {
  const width = image.width >> 1;
  const height = image.height >> 1;
  const source = image.data;
  const stride = image.width * 3;
  const data = new Uint8Array(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = 2 * y * stride;
    for (let x = 0; x < width; x++, from += 6) {
      for (let c = from; c < from + 3; c++) {
        const sum = source[c]! + source[c + 3]! + source[c + stride]! + source[c + stride + 3]!;
        data[to++] = (sum + 2) >> 2;
      }
    }
  }
  return { data, width, height };
}

function bilinear(image: RgbImage, t: Similarity, width: number, height: number): Float32Array {
  const { data } = image;
  const plane = width * height;
  const stride = image.width * 3;
  const out = new Float32Array(plane * 3);
  for (let v = 0, to = 0; v < height; v++) {
    // Pixel centres lie at half numbers in both images.
    let x = t.a * 0.5 - t.b * (v + 0.5) + t.tx - 0.5;
    let y = t.b * 0.5 + t.a * (v + 0.5) + t.ty - 0.5;
    for (let u = 0; u < width; u++, to++, x += t.a, y += t.b) {
      const x0 = Math.floor(x);
      const y0 = Math.floor(y);
      if (x0 < -1 || y0 < -1 || x0 >= image.width || y0 >= image.height) continue;
      const fx = x - x0;
      const fy = y - y0;
      // A neighbour outside the image is black: it weighs nothing, and its address stays inside.
      const left = x0 < 0 ? 0 : 1 - fx;
      const right = x0 + 1 >= image.width ? 0 : fx;
      const top = y0 < 0 ? 0 : 1 - fy;
      const bottom = y0 + 1 >= image.height ? 0 : fy;
      const i = y0 * stride + x0 * 3;
      const i00 = left * top === 0 ? 0 : i;
      const i10 = right * top === 0 ? 0 : i + 3;
      const i01 = left * bottom === 0 ? 0 : i + stride;
      const i11 = right * bottom === 0 ? 0 : i + stride + 3;
      for (let c = 0; c < 3; c++) {
        out[to + c * plane] =
          (data[i00 + c]! * left + data[i10 + c]! * right) * top +
          (data[i01 + c]! * left + data[i11 + c]! * right) * bottom;
      }
    }
  }
  return out;
}
