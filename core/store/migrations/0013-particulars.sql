-- What only the APIs of a server know of a face: the document that came with it, as it was sent, and how live its first
-- picture looked (0..1). It stays at the server and goes with the face.
CREATE TABLE face_particulars (
  face INTEGER PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
  document TEXT,
  live REAL
) STRICT;

-- Whether pictures that are identified beyond doubt become automatic references.
ALTER TABLE collections ADD COLUMN auto_enrol INTEGER NOT NULL DEFAULT 0;
