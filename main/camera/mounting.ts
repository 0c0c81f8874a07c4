import sharp from 'sharp';
import type { QuarterTurn, Settings } from '#contract';
import { checkGate, RECOGNITION_GATE, type Recognizer } from '#core/recognition';

/** Degrees: a head that is tilted by more may as well stand upright in a picture that is turned by 90. */
const UPRIGHT = 30;

/**
 * By how much pictures like this one have to be turned clockwise for people to stand upright in them; null where no good face
 * is in it, whichever way it is turned, or one whose head is tilted too far to tell.
 * @throws LintelError `image-*`, `busy`
 */
export async function findTurn(
  recognizer: Pick<Recognizer, 'analyse'>,
  picture: Uint8Array,
): Promise<QuarterTurn | null> {
  const found = await recognizer.analyse(picture);
  const { turn: cameraTurn } = found;
  // Landmarks of a face that lies on its side mean nothing.
  const { face, turn } =
    cameraTurn === 0
      ? found
      : await recognizer.analyse(await uprightStill(picture, { cameraTurn, cameraMirrored: false }));
  const isUpright =
    face !== null &&
    turn === 0 &&
    checkGate(RECOGNITION_GATE, face.measurements).length === 0 &&
    Math.abs(face.measurements.roll) <= UPRIGHT;
  return isUpright ? cameraTurn : null;
}

/** A still of the camera as the screen sees its pictures: turned, then mirrored back. @throws Error when it is no picture */
export async function uprightStill(
  still: Uint8Array,
  { cameraTurn, cameraMirrored }: Pick<Settings, 'cameraTurn' | 'cameraMirrored'>,
): Promise<Uint8Array> {
  if (cameraTurn === 0 && !cameraMirrored) return still;
  const turned = await sharp(still).rotate(cameraTurn).toBuffer();
  return new Uint8Array(await sharp(turned).flop(cameraMirrored).jpeg({ quality: 95 }).toBuffer());
}
