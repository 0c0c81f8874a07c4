-- A person's access code as a keyed hash: the code itself is nowhere. It goes when the face goes.
ALTER TABLE faces ADD COLUMN code_hash BLOB;

CREATE UNIQUE INDEX faces_by_code ON faces (collection, code_hash) WHERE code_hash IS NOT NULL;
