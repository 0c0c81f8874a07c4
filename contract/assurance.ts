import { z } from 'zod';

/** The kinds of attack that a level can be put up with, from `docs/liveness.md`. */
type Attack = 'still-picture' | 'moved-picture' | 'replayed-visit' | 'played-recording';

/** One level of assurance: what a visitor is asked, and what that stands against. */
interface LevelRow {
  /** Rises with the assurance: of two levels the higher one is asked where both are required. */
  readonly rank: number;
  /** Whether the visitor does steps that main draws. */
  readonly steps: boolean;
  /** Whether the screen's light is looked for on the face. Experimental: simulated, not confirmed with real cameras. */
  readonly light: boolean;
  /** What it resists in our own tests. */
  readonly resists: readonly Attack[];
  /** Whether a grant at this level may open a door. */
  readonly opensDoors: boolean;
}

/** The levels of assurance of a visit, the lowest first. A new level is a row here, and words in every locale. */
export const ASSURANCE_LEVELS = {
  /** Recognition at once, for a reception with staff: a visitor who holds up a picture of a person passes for that person. */
  presence: { rank: 0, steps: false, light: false, resists: ['replayed-visit'], opensDoors: false },
  /** The screen's colours come back from the face: nothing to do, but not confirmed with real cameras, so no door. */
  light: {
    rank: 1,
    steps: false,
    light: true,
    resists: ['replayed-visit', 'played-recording'],
    opensDoors: false,
  },
  /** Two or three steps that no visitor could foresee. */
  steps: {
    rank: 2,
    steps: true,
    light: false,
    resists: ['still-picture', 'moved-picture', 'replayed-visit'],
    opensDoors: true,
  },
  /** Both, one after the other. */
  'light-and-steps': {
    rank: 3,
    steps: true,
    light: true,
    resists: ['still-picture', 'moved-picture', 'replayed-visit', 'played-recording'],
    opensDoors: true,
  },
} as const satisfies Record<string, LevelRow>;

export const AssuranceLevel = z.enum(Object.keys(ASSURANCE_LEVELS) as [keyof typeof ASSURANCE_LEVELS]);
export type AssuranceLevel = keyof typeof ASSURANCE_LEVELS;

/** The level that holds where nothing else is set; a lower one is shown to visitors. */
export const DEFAULT_LEVEL: AssuranceLevel = 'steps';

export const isLower = (a: AssuranceLevel, b: AssuranceLevel): boolean =>
  ASSURANCE_LEVELS[a].rank < ASSURANCE_LEVELS[b].rank;

/** The highest of some levels. */
export const highestLevel = (first: AssuranceLevel, ...others: readonly AssuranceLevel[]): AssuranceLevel =>
  others.reduce((highest, level) => (isLower(highest, level) ? level : highest), first);
