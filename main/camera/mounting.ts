import sharp from 'sharp';
import type { QuarterTurn, Settings } from '#contract';
import { checkGate, RECOGNITION_GATE, type ImageAnalysis } from '#core/recognition';

/**
 * By how much pictures like this one have to be turned clockwise for people to stand upright in them; null where no good face
 * is in it, whichever way it is turned.
 */
export function turnIn({ face, turn }: Pick<ImageAnalysis, 'face' | 'turn'>): QuarterTurn | null {
  if (turn !== 0) return turn;
  return face !== null && checkGate(RECOGNITION_GATE, face.measurements).length === 0 ? 0 : null;
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
