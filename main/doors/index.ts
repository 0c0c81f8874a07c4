export { accessInForce, requireOwnAccess } from './access-in-force.ts';
export { decideAccess } from './access-rules.ts';
export { createAdmit } from './admission.ts';
export { openActuator, programsOf } from './actuators.ts';
export { faultText, readDoorFault, type DoorFault } from './door-fault.ts';
export { createDoor, pulseOnGrant, type Door } from './door.ts';
export { createEventLog, eventOf, eventsOfVisits, type EventLog } from './event-log.ts';
export { acceptsTarget, startTelling } from './event-targets.ts';
export { machineTimeZone } from './wall-clock.ts';
