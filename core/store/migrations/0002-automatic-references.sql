-- References that the appliance adds by itself. A CHECK can only be changed by building the table anew.
CREATE TABLE new_references (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
  face INTEGER NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  model_id TEXT NOT NULL,
  -- 32-bit floats, little-endian.
  template BLOB NOT NULL,
  quality REAL NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('file', 'camera', 'api', 'automatic')),
  created_at TEXT NOT NULL
) STRICT;
INSERT INTO new_references SELECT * FROM face_references;
-- The new table goes on counting where the old one stopped.
DELETE FROM sqlite_sequence WHERE name = 'new_references';
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_references', seq FROM sqlite_sequence WHERE name = 'face_references';
DROP TABLE face_references;
ALTER TABLE new_references RENAME TO face_references;
CREATE INDEX references_by_face ON face_references (face);
CREATE INDEX references_by_model ON face_references (collection, model_id, id);
