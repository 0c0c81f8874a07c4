-- At an appliance whose server speaks the documented API and nothing else: under which id it has each face.
CREATE TABLE remote_faces (
  face_id TEXT PRIMARY KEY,
  collection_id TEXT NOT NULL,
  -- Scheme, host and port of the server whose ids these are.
  server TEXT NOT NULL,
  -- Null while it is unknown whether the server has the face: its picture was sent and the answer did not come.
  remote_id TEXT,
  -- The picture that was sent, sealed with a key of its own: by nothing else could the server's face be found again.
  -- Both are there only as long as the answer is missing.
  picture BLOB,
  key BLOB,
  attempted_at TEXT,
  -- Whether the server's face, if there is one, may have its key already: after the appliance began anew.
  may_have_key INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_faces_unanswered ON remote_faces (face_id) WHERE picture IS NOT NULL;
CREATE INDEX remote_faces_by_id ON remote_faces (collection_id, remote_id) WHERE remote_id IS NOT NULL;
