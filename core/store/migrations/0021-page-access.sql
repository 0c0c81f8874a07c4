-- Where web pages may use tokens that were made with an API key.
CREATE TABLE page_origins (
  key_id TEXT NOT NULL REFERENCES api_keys (key_id) ON DELETE CASCADE,
  origin TEXT NOT NULL,
  PRIMARY KEY (key_id, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX page_origins_by_origin ON page_origins (origin);

-- How often each of those tokens may still be used. What else they say is in themselves, signed: they may name people.
CREATE TABLE page_tokens (
  token_id TEXT PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES api_keys (key_id) ON DELETE CASCADE,
  uses INTEGER NOT NULL,
  -- Seconds since 1970.
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX page_tokens_by_key ON page_tokens (key_id);
CREATE INDEX page_tokens_by_age ON page_tokens (expires_at);
