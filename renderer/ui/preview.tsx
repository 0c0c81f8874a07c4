import type { RefObject } from 'preact';
import { OVAL_CENTRE } from '../guidance/guidance.ts';
import { CameraVideo } from './video.tsx';

/** Of a view of 300 x 400, as high as {@link import('../guidance/geometry.ts').VIEW_ASPECT} says. */
const OVAL = { cx: OVAL_CENTRE.x * 300, cy: OVAL_CENTRE.y * 400, rx: 104, ry: 138 };

interface Props {
  readonly video: RefObject<HTMLVideoElement | null>;
  /** The face is where it should be. */
  readonly good: boolean;
  /** Captured part of the wanted frames, 0..1. */
  readonly progress: number;
}

const around = `M0 0H300V400H0Z M${OVAL.cx - OVAL.rx} ${OVAL.cy}a${OVAL.rx} ${OVAL.ry} 0 1 0 ${OVAL.rx * 2} 0a${OVAL.rx} ${OVAL.ry} 0 1 0 ${-OVAL.rx * 2} 0Z`;

/** The camera picture with the oval in which the face belongs. */
export function Preview({ video, good, progress }: Props) {
  return (
    <div class={good ? 'preview preview-good' : 'preview'} data-testid="preview">
      <CameraVideo video={video} />
      <svg class="oval" viewBox="0 0 300 400" aria-hidden="true">
        <path class="oval-around" fill-rule="evenodd" d={around} />
        <ellipse class="oval-line" {...OVAL} />
        {progress > 0 && (
          <ellipse
            class="oval-progress"
            {...OVAL}
            pathLength={100}
            stroke-dasharray="100"
            stroke-dashoffset={100 - progress * 100}
          />
        )}
      </svg>
    </div>
  );
}
