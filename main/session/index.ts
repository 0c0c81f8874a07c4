export { attends } from './attendance.ts';
export type { ShownCard } from './bearer.ts';
export { createCodeDesk, type DecideCode } from './codes.ts';
export { objectToCamera, proves } from './camera-objection.ts';
export { decideStills } from './decide-stills.ts';
export { tryPicture, type People } from './decide-visit.ts';
export {
  createAttemptGuard,
  ATTEMPT_RULES,
  type AttemptGuard,
  type AttemptLockouts,
} from './attempt-guard.ts';
export { createFaceSessions, type FaceSessions, type SessionServer } from './face-sessions.ts';
export { rateLimited } from './rate-limited.ts';
export type { AskServer, ServerAnswer } from './server-answer.ts';
export type { Admission, Admit, Bearer, VisitListener, VisitRecord } from './visit-record.ts';
export { createVisits, type Judge, type Visits, type VisitsOptions } from './visits.ts';
