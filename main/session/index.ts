export { createCodeDesk, type DecideCode } from './codes.ts';
export type { People } from './decide-visit.ts';
export { createDoorkeeper, DOOR_RULES, type Doorkeeper, type DoorLockouts } from './doorkeeper.ts';
export type { FindOnline, OnlineAnswer } from './find-online.ts';
export type { RecordVisit, VisitRecord } from './visit-record.ts';
export { createVisits, type Judge, type Visits, type VisitsOptions } from './visits.ts';
