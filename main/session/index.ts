export { createChallenges, type Challenges } from './challenges.ts';
export { createCodeDesk, type DecideCode } from './codes.ts';
export type { People } from './decide-visit.ts';
export { createDoorkeeper, DOOR_RULES, type Doorkeeper, type DoorLockouts } from './doorkeeper.ts';
export type { FindOnline, OnlineAnswer } from './find-online.ts';
export { createFrameMemory, FRAMES_KEY, type FrameMemory } from './frame-memory.ts';
export type { Picture } from './picture.ts';
export type { RecordVisit, VisitRecord } from './visit-record.ts';
export { createVisits, type Judge, type Visits, type VisitsOptions } from './visits.ts';
