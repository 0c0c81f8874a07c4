-- At the server: of which faces that are gone a reference came, since an operator decided that they were the same person as the
-- one that has it now. Who deletes one of those faces elsewhere, without having heard of that, means the reference too.
CREATE TABLE merged_references (
  reference INTEGER NOT NULL REFERENCES face_references (id) ON DELETE CASCADE,
  face_id TEXT NOT NULL,
  PRIMARY KEY (reference, face_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX merged_references_by_face ON merged_references (face_id);
