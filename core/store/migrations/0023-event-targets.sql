-- Who is to hear of events.
CREATE TABLE event_targets (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  target_id TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL UNIQUE,
  secret TEXT NOT NULL,
  -- JSON: how it is reached.
  options TEXT NOT NULL,
  -- JSON, the kinds that it wants; NULL: all.
  kinds TEXT,
  -- How often it has not taken its next event, and when that is tried again, in milliseconds since 1970.
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL
) STRICT;

-- The events that each has yet to take, in order.
CREATE TABLE event_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  target INTEGER NOT NULL REFERENCES event_targets (id) ON DELETE CASCADE,
  event INTEGER NOT NULL REFERENCES site_events (number) ON DELETE CASCADE
) STRICT;
CREATE INDEX event_deliveries_by_target ON event_deliveries (target, id);
CREATE INDEX event_deliveries_by_event ON event_deliveries (event);
