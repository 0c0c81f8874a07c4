-- Ids count up and are never used twice: they give the order of enrolment, and an index in memory may hold on to them.

CREATE TABLE collections (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  collection_id TEXT NOT NULL,
  description TEXT,
  -- Counts the changes to the faces of this collection.
  revision INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (account, collection_id)
) STRICT;

CREATE TABLE faces (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
  face_id TEXT NOT NULL,
  external_key TEXT,
  metadata TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  UNIQUE (collection, face_id)
) STRICT;

CREATE INDEX faces_in_order ON faces (collection, id);
CREATE INDEX faces_by_external_key ON faces (collection, external_key) WHERE external_key IS NOT NULL;

CREATE TABLE face_references (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
  face INTEGER NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  model_id TEXT NOT NULL,
  -- 32-bit floats, little-endian.
  template BLOB NOT NULL,
  quality REAL NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('file', 'camera', 'api')),
  created_at TEXT NOT NULL
) STRICT;

CREATE INDEX references_by_face ON face_references (face);
CREATE INDEX references_by_model ON face_references (collection, model_id, id);

CREATE TABLE secrets (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
