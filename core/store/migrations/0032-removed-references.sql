-- Names of references that were removed from a face: whoever still has one does not bring it back. The face takes them along.
CREATE TABLE removed_references (
  id INTEGER PRIMARY KEY,
  face INTEGER NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  UNIQUE (face, uid)
) STRICT;
