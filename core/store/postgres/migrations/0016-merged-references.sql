-- Of which faces that are gone a reference came, since an operator decided that they were the same person as the one that has it
-- now. Who deletes one of those faces elsewhere, without having heard of that, means the reference too.
CREATE TABLE merged_references (
  reference BIGINT NOT NULL REFERENCES face_references (id) ON DELETE CASCADE,
  face_id TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (reference, face_id)
);
CREATE INDEX merged_references_by_face ON merged_references (face_id);
