-- Looked up where a door did not open to a visitor: when they came and left before, and since.
CREATE INDEX site_events_by_visitor ON site_events (body ->> 'visitorId', number) WHERE body ->> 'visitorId' IS NOT NULL;
