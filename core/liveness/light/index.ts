export { drawLight } from './draw.ts';
export type { LightFrame } from './response.ts';
export { hazardsOf } from './safety.ts';
export { Show, type Corners } from './show.ts';
export { verifyLight, type LightScores, type LightSession, type LightVerdict } from './verify.ts';
