-- At an appliance: numbers of the event after which its server is to get them, and of the last that it has.
ALTER TABLE replica ADD COLUMN events_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE replica ADD COLUMN events_told INTEGER NOT NULL DEFAULT 0;
-- What happened before there was such a thing stays where it is.
UPDATE replica SET events_from = (SELECT coalesce(max(number), 0) FROM site_events),
  events_told = (SELECT coalesce(max(number), 0) FROM site_events);

-- At a server: for how long the account keeps events of its appliances.
ALTER TABLE accounts ADD COLUMN event_days INTEGER NOT NULL DEFAULT 30;

-- At a server: what happened at its appliances, in order of arrival.
CREATE TABLE device_events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  device_id TEXT NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
  -- By which an event that comes again is known.
  event_id TEXT NOT NULL,
  -- By the clock of the appliance, and of the server.
  at TEXT NOT NULL,
  received_at TEXT NOT NULL,
  kind TEXT NOT NULL,
  outcome TEXT,
  -- Once that face is gone, the event is about nobody.
  face INTEGER REFERENCES faces (id) ON DELETE SET NULL,
  -- JSON: the rest, which names nobody.
  body TEXT NOT NULL,
  UNIQUE (device_id, event_id)
) STRICT;
CREATE INDEX device_events_by_account ON device_events (account, number);
CREATE INDEX device_events_by_device ON device_events (device_id, number);
CREATE INDEX device_events_by_face ON device_events (face) WHERE face IS NOT NULL;
