export { ATTACK_KINDS, type AttackKind, type AttackName, type Occasion } from './kinds.ts';
export type { Presentation, Random, Subject } from './presentation.ts';
export { liveVisit } from './replays.ts';
