-- A person's access code, as a keyed hash: the code itself is nowhere. It goes when the face goes.
CREATE TABLE access_codes (
  face INTEGER PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
  collection INTEGER NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
  hash BLOB NOT NULL,
  UNIQUE (collection, hash)
) STRICT;
