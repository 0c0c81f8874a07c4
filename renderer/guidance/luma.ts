import { type Placement, viewOf } from './geometry.ts';

/** Side of the thumbnail from which brightness is read. */
const LUMA_SIDE = 16;

const thumbnail = new OffscreenCanvas(LUMA_SIDE, LUMA_SIDE);
const thumbnailContext = thumbnail.getContext('2d', { willReadFrequently: true });

/** Mean luma (Rec. 601, 0..255); null when it could not be measured. */
export interface Light {
  /** Of the face, or of the whole view when there is none. */
  readonly luma: number | null;
  /** Of the view without the face; null when there is none. */
  readonly surround: number | null;
}

export function measureLight(video: HTMLVideoElement, face: Placement | null): Light {
  const view = measureLuma(video, { x: 0.5, y: 0.5, width: 1, height: 1 });
  if (face === null || view === null) return { luma: view, surround: null };
  const luma = measureLuma(video, face);
  const share = Math.min(0.9, face.width * face.height);
  return { luma, surround: luma === null ? null : Math.max(0, (view - share * luma) / (1 - share)) };
}

/** Mean luma of a part of the view. */
function measureLuma(
  video: HTMLVideoElement,
  place: Pick<Placement, 'x' | 'y' | 'width' | 'height'>,
): number | null {
  if (!thumbnailContext) return null;
  const image = { width: video.videoWidth, height: video.videoHeight };
  const view = viewOf(image);
  const width = view.width * image.width;
  const height = view.height * image.height;
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
