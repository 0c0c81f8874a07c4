const FAULT = `SELECT 1 FROM site_events AS fault WHERE fault.body ->> 'grantId' = passage.body ->> 'eventId'`;

/** SQL that holds for an event, called `passage`, that granted somebody, unless a fault says that the door did not open then. */
export const PASSED = `passage.kind = 'decision' AND passage.outcome = 'granted'
  AND NOT EXISTS (${FAULT} AND coalesce(fault.body ->> '$.reasons[0]', '') <> 'door-unanswered')`;

/** SQL that holds for such an event unless a fault says that the door may not have opened. */
export const PASSED_FOR_CERTAIN = `NOT EXISTS (${FAULT})`;
