/** SQL that holds for an event, called `passage`, that granted somebody, unless a fault says that the door did not open then. */
export const PASSED = `passage.kind = 'decision' AND passage.outcome = 'granted'
  AND NOT EXISTS (SELECT 1 FROM site_events AS fault WHERE fault.body ->> 'grantId' = passage.body ->> 'eventId')`;
