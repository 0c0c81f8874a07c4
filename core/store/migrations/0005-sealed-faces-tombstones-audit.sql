-- Each face gets a key of its own, under which its templates and images are sealed; templates are rotated by a secret of
-- the deployment; what is deleted leaves a tombstone; and whatever happens is written into an audit log.
-- random_key, device_key, sealed_template and sealed_image are functions of migrations.ts.

CREATE TABLE face_keys (
  face INTEGER PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
  key BLOB NOT NULL
) STRICT;

CREATE TABLE tombstones (
  account TEXT NOT NULL,
  face_id TEXT NOT NULL,
  collection_id TEXT NOT NULL,
  deleted_at TEXT NOT NULL,
  -- The line of the audit log that records it.
  audit_n INTEGER NOT NULL,
  PRIMARY KEY (account, face_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_log (
  n INTEGER PRIMARY KEY,
  line TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE ON audit_log
BEGIN
  SELECT RAISE(ABORT, 'The audit log is append-only.');
END;

-- `scrub`: something was deleted since the free space of the file was last cleaned. `since` is another number with each
-- deletion.
CREATE TABLE upkeep (
  task TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO secrets (name, value) VALUES ('device-key', device_key());
INSERT INTO secrets (name, value) VALUES ('template-protection', random_key());

INSERT INTO face_keys (face, key) SELECT id, random_key() FROM faces;

UPDATE templates
SET template = sealed_template(
  key, face_id, model_id, template, (SELECT value FROM secrets WHERE name = 'template-protection')
)
FROM face_references
JOIN faces ON faces.id = face_references.face
JOIN face_keys ON face_keys.face = faces.id
WHERE face_references.id = templates.reference AND template IS NOT NULL;

UPDATE reference_images
SET image = sealed_image(key, face_id, image)
FROM face_references
JOIN faces ON faces.id = face_references.face
JOIN face_keys ON face_keys.face = faces.id
WHERE face_references.id = reference_images.reference;

INSERT INTO upkeep (task, since) SELECT 'scrub', 0 WHERE EXISTS (SELECT 1 FROM faces);
