export { drawLight } from './draw.ts';
export type { LightFrame } from './evidence.ts';
export { hazardsOf } from './safety.ts';
export { Show, type Corners } from './show.ts';
export {
  NO_LIGHT_SCORES,
  verifyLight,
  type LightScores,
  type LightSession,
  type LightVerdict,
} from './verify.ts';
