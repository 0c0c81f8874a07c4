-- A reference keeps one template per model, so that those of the next model grow beside those that serve, and may keep
-- the image they are made from.

DROP INDEX references_by_model;

CREATE TABLE templates (
  reference INTEGER NOT NULL REFERENCES face_references (id) ON DELETE CASCADE,
  model_id TEXT NOT NULL,
  -- 32-bit floats, little-endian; NULL where the model finds no face in the reference's image.
  template BLOB,
  PRIMARY KEY (reference, model_id)
) STRICT;

CREATE TABLE reference_images (
  reference INTEGER PRIMARY KEY REFERENCES face_references (id) ON DELETE CASCADE,
  -- JPEG of the face and a little around it.
  image BLOB NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

-- The model by which an account's faces are recognised.
CREATE TABLE serving_models (
  account TEXT PRIMARY KEY,
  model_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO templates (reference, model_id, template) SELECT id, model_id, template FROM face_references;

-- The newest reference tells which model was in use last.
INSERT INTO serving_models (account, model_id)
SELECT account, model_id
FROM (
  SELECT account, model_id, max(face_references.id)
  FROM face_references JOIN collections ON collections.id = face_references.collection
  GROUP BY account
);

ALTER TABLE face_references DROP COLUMN model_id;
ALTER TABLE face_references DROP COLUMN template;
CREATE INDEX references_by_collection ON face_references (collection);
