-- A fault of the door names the decision after which it did not open. Until now that was the last grant before it.
UPDATE site_events AS fault SET body = json_patch(body, json_object('grantId', (
  SELECT event_id FROM site_events AS passage
  WHERE passage.kind = 'decision' AND passage.outcome = 'granted' AND passage.number < fault.number
    AND (passage.face_id = fault.face_id OR passage.body ->> 'cardId' = fault.body ->> 'cardId'
      OR passage.body ->> 'visitorId' = fault.body ->> 'visitorId')
  ORDER BY passage.number DESC LIMIT 1)))
WHERE kind = 'door-fault'
  AND coalesce(face_id, body ->> 'cardId', body ->> 'visitorId') IS NOT NULL;
-- Looked up for each grant: whether the door did not open then.
CREATE INDEX site_events_by_grant ON site_events (body ->> 'grantId') WHERE body ->> 'grantId' IS NOT NULL;
