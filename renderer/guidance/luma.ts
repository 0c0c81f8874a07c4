import { type Placement, viewOf } from './geometry.ts';

/** Side of the thumbnail from which brightness is read. */
const LUMA_SIDE = 16;

const thumbnail = new OffscreenCanvas(LUMA_SIDE, LUMA_SIDE);
const thumbnailContext = thumbnail.getContext('2d', { willReadFrequently: true });

/** Mean luma (Rec. 601, 0..255) of the face, or of the whole view when there is none. */
export function measureLuma(video: HTMLVideoElement, face: Placement | null): number | null {
  if (!thumbnailContext) return null;
  const image = { width: video.videoWidth, height: video.videoHeight };
  const view = viewOf(image);
  const width = view.width * image.width;
  const height = view.height * image.height;
  const place = face ?? { x: 0.5, y: 0.5, width: 1, height: 1 };
  thumbnailContext.drawImage(
    video,
    image.width / 2 + (place.x - 0.5 - place.width / 2) * width,
    image.height / 2 + (place.y - 0.5 - place.height / 2) * height,
    place.width * width,
    place.height * height,
    0,
    0,
    LUMA_SIDE,
    LUMA_SIDE,
  );
  const { data } = thumbnailContext.getImageData(0, 0, LUMA_SIDE, LUMA_SIDE);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4)
    sum += 0.299 * (data[i] ?? 0) + 0.587 * (data[i + 1] ?? 0) + 0.114 * (data[i + 2] ?? 0);
  return sum / (LUMA_SIDE * LUMA_SIDE);
}
