-- At a server: the last head of its audit log that a device has signed, as JSON.
ALTER TABLE devices ADD COLUMN anchor TEXT;

-- Which life of its history a store lives, and whether it was found to be an older copy of itself; see lineage.ts.
CREATE TABLE lineage (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
