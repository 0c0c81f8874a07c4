import type { RgbImage } from '#core/recognition';

/** Where a point of a texture is seen: pixels of the frame, and its distance from the camera in any unit. */
export interface SeenPoint {
  readonly x: number;
  readonly y: number;
  readonly distance: number;
}

/** Pixels of the texture between two vertices. */
const STEP = 8;

/**
 * Paint a deformed texture over a frame: the texture's points are moved by `place`, on a grid of 8 pixels, and what is
 * nearer hides what is farther. Bilinear; changes `frame`.
 */
export function paintTexture(
  frame: RgbImage,
  texture: RgbImage,
  place: (u: number, v: number) => SeenPoint,
): void {
  const columns = Math.ceil(texture.width / STEP);
  const rows = Math.ceil(texture.height / STEP);
  const nearest = new Float32Array(frame.width * frame.height).fill(Infinity);
  const vertices: Vertex[] = [];
  for (let row = 0; row <= rows; row++) {
    for (let column = 0; column <= columns; column++) {
      const u = Math.min(texture.width, column * STEP);
      const v = Math.min(texture.height, row * STEP);
      vertices.push({ u, v, ...place(u, v) });
    }
  }
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const i = row * (columns + 1) + column;
      const corners = [i, i + 1, i + columns + 1, i + columns + 2].map((k) => vertices[k] as Vertex);
      const [a, b, c, d] = corners as [Vertex, Vertex, Vertex, Vertex];
      paintTriangle(frame, nearest, texture, a, b, c);
      paintTriangle(frame, nearest, texture, b, d, c);
    }
  }
}

interface Vertex extends SeenPoint {
  readonly u: number;
  readonly v: number;
}

/** Affine inside a triangle, which at this size is as good as perspective. */
function paintTriangle(
  frame: RgbImage,
  nearest: Float32Array,
  texture: RgbImage,
  a: Vertex,
  b: Vertex,
  c: Vertex,
): void {
  const area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y);
  if (Math.abs(area) < 1e-6) return;
  const left = Math.max(0, Math.ceil(Math.min(a.x, b.x, c.x) - 0.5));
  const right = Math.min(frame.width - 1, Math.floor(Math.max(a.x, b.x, c.x) - 0.5));
  const top = Math.max(0, Math.ceil(Math.min(a.y, b.y, c.y) - 0.5));
  const bottom = Math.min(frame.height - 1, Math.floor(Math.max(a.y, b.y, c.y) - 0.5));
  for (let py = top; py <= bottom; py++) {
    for (let px = left; px <= right; px++) {
      const x = px + 0.5;
      const y = py + 0.5;
      const wb = ((x - a.x) * (c.y - a.y) - (c.x - a.x) * (y - a.y)) / area;
      const wc = ((b.x - a.x) * (y - a.y) - (x - a.x) * (b.y - a.y)) / area;
      const wa = 1 - wb - wc;
      if (wa < -1e-6 || wb < -1e-6 || wc < -1e-6) continue;
      const distance = wa * a.distance + wb * b.distance + wc * c.distance;
      const pixel = py * frame.width + px;
      if (distance > nearest[pixel]! + 1e-6) continue;
      nearest[pixel] = distance;
      sampleInto(
        frame.data,
        3 * pixel,
        texture,
        wa * a.u + wb * b.u + wc * c.u,
        wa * a.v + wb * b.v + wc * c.v,
      );
    }
  }
}

/** Write the colour of `image` at a point, bilinear, its edge repeated outside. */
export function sampleInto(to: Uint8Array, at: number, image: RgbImage, x: number, y: number): void {
  const fx = Math.min(image.width - 1, Math.max(0, x - 0.5));
  const fy = Math.min(image.height - 1, Math.max(0, y - 0.5));
  const x0 = Math.floor(fx);
  const y0 = Math.floor(fy);
  const right = fx - x0;
  const down = fy - y0;
  const across = x0 + 1 < image.width ? 3 : 0;
  const below = y0 + 1 < image.height ? 3 * image.width : 0;
  const i = 3 * (y0 * image.width + x0);
  const { data } = image;
  for (let c = i; c < i + 3; c++) {
    const upper = data[c]! + (data[c + across]! - data[c]!) * right;
    const lower = data[c + below]! + (data[c + below + across]! - data[c + below]!) * right;
    to[at++] = upper + (lower - upper) * down + 0.5;
  }
}
