export { compareAhead } from './compare-prints.ts';
export { createChallenges, type Challenges } from './challenges.ts';
export { kindsLeft } from './draw-challenge.ts';
export { createFrameMemory, FRAMES_KEY, type FrameMemory } from './frame-memory.ts';
export * from './light/index.ts';
export { judgeLight } from './light-evidence.ts';
export { LIMITS } from './limits.ts';
export {
  analyseFrame,
  awayFromFrontal,
  bestPicture,
  traceOf,
  type AnalysedFrame,
  type Picture,
} from './picture.ts';
export { samePersonOf } from './same-person.ts';
export { FRONTAL_FRAMES, Tickets, type Asked, type OpenVisit } from './tickets.ts';
export { hintsFrom, triage } from './triage.ts';
export { showsSeveralPeople, type FacesSeen } from './bystanders.ts';
export { verifyLiveness } from './verify.ts';
export * from './types.ts';
