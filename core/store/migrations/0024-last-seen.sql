-- When a person was last here, also once the event that says so is gone.
CREATE TABLE last_seen (
  face INTEGER PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
  at TEXT NOT NULL
) STRICT;
INSERT INTO last_seen (face, at)
  SELECT faces.id, max(site_events.at) FROM site_events
  JOIN faces ON faces.face_id = site_events.face_id
  JOIN collections ON collections.id = faces.collection AND collections.account = 'local'
  GROUP BY faces.id;
