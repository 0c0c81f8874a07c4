-- Keyed digests of the frames by which visits were granted: none may come back as another visit's evidence. A ring: the
-- oldest go.
CREATE TABLE granted_frames (
  number INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE
) STRICT;
