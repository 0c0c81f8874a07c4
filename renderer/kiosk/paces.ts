import type { Pace } from '../guidance/watch.ts';

/** How often the kiosk takes pictures and looks for faces in them; see `Pace`. A visitor who stays is found again within `GONE_MS`. */
export const PACES = {
  /** While nobody is guided: at most about 15 pictures a second. */
  idle: { pictures: 60, faces: 0 },
  /** While somebody is guided, or asked for steps: every picture of a camera that gives 30 a second, also one that is some milliseconds early. */
  busy: { pictures: 20, faces: 0 },
  /**
   * While colours are shown. `TIMES.lightGap` keeps its frames apart. Looking for a face blocks the page, so that no colour changes
   * and no picture is taken meanwhile; this is often enough to notice that somebody left.
   */
  lighting: { pictures: 0, faces: 400 },
  /** For frontal frames where no steps are asked: the appliance looks at the first already, and needs the processors. */
  capturing: { pictures: 0, faces: 150 },
  /** While the appliance decides, mostly within half a second. */
  deciding: { pictures: 550, faces: 0 },
} as const satisfies Record<string, Pace>;
