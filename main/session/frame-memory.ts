import type { FrameTrace } from '#core/liveness';

/** Visits whose frames are remembered; in memory only, so that a restart forgets them. */
const VISITS = 8;

/** Frames of the last visits to this appliance, at whatever screen: none may come back as another visit's evidence. */
export interface FrameMemory {
  readonly frames: readonly FrameTrace[];
  /** The frames of one visit; the oldest visit is forgotten for it. */
  remember(frames: readonly FrameTrace[]): void;
}

export function createFrameMemory(): FrameMemory {
  const visits: (readonly FrameTrace[])[] = [];
  return {
    get frames() {
      return visits.flat();
    },
    remember: (frames) => {
      visits.push(frames);
      if (visits.length > VISITS) visits.shift();
    },
  };
}
