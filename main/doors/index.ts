export { decideAccess } from './access-rules.ts';
export { createAdmit } from './admission.ts';
export { createEventLog, eventOf, eventsOfVisits, type EventLog } from './event-log.ts';
