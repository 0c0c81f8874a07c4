import { cameraTrack } from './camera.ts';

/** What cameras may let a page set (W3C, MediaStream Image Capture), which TypeScript's library does not know. */
const MODES = ['exposureMode', 'whiteBalanceMode'] as const;
type Mode = (typeof MODES)[number];

/**
 * Keep exposure and white balance as they have settled, or let them follow the picture again. Cameras that cannot are left
 * alone: what they change is taken out of the measurement.
 */
export async function holdCamera(isHeld: boolean): Promise<void> {
  const track = cameraTrack();
  if (!track) return;
  const able = track.getCapabilities() as Partial<Record<Mode, readonly string[]>>;
  const wanted = isHeld ? 'manual' : 'continuous';
  const modes = MODES.filter((mode) => able[mode]?.includes('manual') && able[mode].includes('continuous'));
  if (modes.length === 0) return;
  const advanced = [Object.fromEntries(modes.map((mode) => [mode, wanted]))] as MediaTrackConstraintSet[];
  await track.applyConstraints({ advanced }).catch(() => undefined);
}
