-- How many faces each device said were deleted that the server never had. Each is a tombstone for ever.
CREATE TABLE unknown_deletions (
  account TEXT NOT NULL,
  device_id TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (account, device_id)
) STRICT, WITHOUT ROWID;
