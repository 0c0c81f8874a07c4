CREATE TABLE accounts (
  account_id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Only a hash of each key: whoever reads the store cannot use it to sign in.
CREATE TABLE api_keys (
  key_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  hash BLOB NOT NULL,
  scopes TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_account ON api_keys (account_id);

-- Answers to requests that named an idempotency key, to be given again.
CREATE TABLE replies (
  account TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  body TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (account, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX replies_by_age ON replies (created_at);

-- Counts the references that were removed: while it stands still, only newer ones can be missing from an index.
ALTER TABLE collections ADD COLUMN removals INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER references_removed AFTER DELETE ON face_references BEGIN
  UPDATE collections SET removals = removals + 1 WHERE id = OLD.collection;
END;

-- Collections that were reset or deleted, until their faces are gone from the file: where they were, and what the
-- tombstones of their faces are to say.
CREATE TABLE trash (
  collection INTEGER PRIMARY KEY REFERENCES collections (id) ON DELETE CASCADE,
  account TEXT NOT NULL,
  collection_id TEXT NOT NULL,
  deleted_at TEXT NOT NULL,
  -- The line of the audit log that records it.
  audit_n INTEGER NOT NULL
) STRICT;
