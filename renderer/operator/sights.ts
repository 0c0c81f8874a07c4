import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type GuidanceCode, NO_GUIDANCE } from '../guidance/guidance.ts';
import { type Sight, watchFaces } from '../guidance/watch.ts';
import { PACES } from '../kiosk/paces.ts';

/**
 * Follows the face before the camera while the caller is shown.
 * @param onSight called with each picture that was looked at
 * @returns what the person has to do
 */
export function useSights(
  video: RefObject<HTMLVideoElement | null>,
  onSight: (sight: Sight) => void,
): GuidanceCode {
  const [guidance, setGuidance] = useState<GuidanceCode>(NO_GUIDANCE.code);
  const look = useRef(onSight);
  look.current = onSight;
  useEffect(() => {
    if (!video.current) return undefined;
    const stop = watchFaces(
      video.current,
      () => PACES.busy,
      (sight) => {
        setGuidance(sight.guidance.code);
        document.body.dataset['guidance'] = sight.guidance.code;
        look.current(sight);
      },
    );
    return () => {
      stop();
      delete document.body.dataset['guidance'];
    };
  }, []);
  return guidance;
}
