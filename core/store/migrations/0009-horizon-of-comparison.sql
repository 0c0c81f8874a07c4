-- The server's horizon when a comparison began: deletions that were left out before then are not missed by it.
ALTER TABLE replica ADD COLUMN horizon INTEGER NOT NULL DEFAULT 0;
