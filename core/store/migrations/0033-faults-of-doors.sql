-- Looked up at each start: what the door failed at and has not done since.
CREATE INDEX site_events_of_faults ON site_events (number) WHERE kind IN ('door-fault', 'door-mended');
