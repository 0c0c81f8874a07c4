-- Looked up at each visit by card: when that card last let somebody pass.
CREATE INDEX site_events_by_card ON site_events (body ->> 'cardId', number) WHERE body ->> 'cardId' IS NOT NULL;
