import { RECOGNITION_GATE, type DetectedFace } from '#core/recognition';
import { medianOf } from './averages.ts';

/** What is looked at of a picture: the dominant face and the others, highest or not. */
export interface FacesSeen {
  readonly face: Pick<DetectedFace, 'boundingBox'> | null;
  readonly others: readonly DetectedFace[];
}

/** A second face counts once it is at least this high, relative to the dominant one: about two steps further away. */
const COMPARABLE_HEIGHT = 0.6;
/** It has to be in this share of the pictures, and in two where there are several: who passes behind a visitor is in few. */
const STAYING_SHARE = 0.25;
/**
 * What the detector is less sure of is nobody's face, by the gate that a visitor's own face passes: walls and clothes are taken for
 * large faces at times, with 0.69 to 0.74.
 */
const SURE = RECOGNITION_GATE.confidence;
/** Nearly as near: in one picture of it, it may be doubtful who is meant. */
const NEARLY_AS_HIGH = 0.8;

/**
 * Whether another person stands about as near as the person that is looked at. The visitor's height is that of the middle of the
 * pictures, because a head that turns looks lower than it is.
 * @param pictures of one visit, or a single one
 */
export function showsSeveralPeople(pictures: readonly FacesSeen[]): boolean {
  const own = medianOf(pictures.flatMap(({ face }) => (face ? [heightOf(face)] : [])));
  const besides = pictures
    .map(
      ({ others }) =>
        Math.max(0, ...others.filter(({ confidence }) => confidence >= SURE).map(heightOf)) / own,
    )
    .filter((height) => height >= COMPARABLE_HEIGHT);
  const staying = Math.min(pictures.length, Math.max(2, Math.ceil(STAYING_SHARE * pictures.length)));
  const stays = besides.length > 0 && besides.length >= staying;
  return stays || besides.some((height) => height >= NEARLY_AS_HIGH);
}

const heightOf = ({ boundingBox }: Pick<DetectedFace, 'boundingBox'>): number => boundingBox.height;
