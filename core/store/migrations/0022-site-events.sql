-- What happens at an appliance, for its operators and for whom they name.
CREATE TABLE site_events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL UNIQUE,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  outcome TEXT,
  -- Which may be gone by now.
  face_id TEXT,
  direction TEXT,
  -- JSON, all of it.
  body TEXT NOT NULL
) STRICT;
CREATE INDEX site_events_by_face ON site_events (face_id, number) WHERE face_id IS NOT NULL;
CREATE INDEX site_events_by_time ON site_events (at);
