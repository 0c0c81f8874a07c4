import type { BoundingBox } from '#contract';
import type { View } from './raster.ts';

/** Side of the small picture of the whole image that is read. */
const SIDE = 32;

/** How far the head reaches beyond the face's box, in its width and height: hair, ears and neck are no background. */
const HEAD = 0.35;

/** Mean luma (ITU-R BT.601, 0..255) of a whole image. */
export const measureLuma = (image: View): number => meanLuma(image, () => true);

/** Mean luma of an image around a head: bright behind a dark face, it says that the light comes from there. */
export const measureSurroundings = (image: View, { x, y, width, height }: BoundingBox): number =>
  meanLuma(image, (atX, atY) => {
    const [across, down] = [(atX - x) / width, (atY - y) / height];
    // What is below the head is clothes, and as dark as the face when the light comes from behind.
    return across < -HEAD || across > 1 + HEAD || down < -HEAD;
  });

/** Of the parts of an image that count; 0 where none does. */
function meanLuma(image: View, counts: (x: number, y: number) => boolean): number {
  const scale = Math.max(image.width, image.height) / SIDE;
  const columns = Math.max(1, Math.floor(image.width / scale));
  const rows = Math.max(1, Math.floor(image.height / scale));
  const planes = image.sample({ a: scale, b: 0, tx: 0, ty: 0 }, columns, rows);
  const plane = columns * rows;
  let [sum, count] = [0, 0];
  for (let i = 0; i < plane; i++) {
    if (!counts(((i % columns) + 0.5) * scale, (Math.floor(i / columns) + 0.5) * scale)) continue;
    sum += 0.299 * planes[i]! + 0.587 * planes[i + plane]! + 0.114 * planes[i + 2 * plane]!;
    count++;
  }
  return count === 0 ? 0 : sum / count;
}
