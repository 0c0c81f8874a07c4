-- At the server: faces of which nobody has looked yet whether that person is enrolled already.
CREATE TABLE newcomers (face INTEGER PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE) STRICT;

-- Faces that look alike and of which an operator said that they are two people; the older one first.
CREATE TABLE told_apart (
  first INTEGER NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  second INTEGER NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  PRIMARY KEY (first, second)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_apart_by_second ON told_apart (second);
