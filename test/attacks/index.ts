export { ATTACK_KINDS, ATTACK_NAMES, type AttackKind, type AttackName, type Occasion } from './kinds.ts';
export type { Presentation, Random, Subject } from './presentation.ts';
export { liveVisit } from './replays.ts';
