-- Who is expected at an appliance, and who of them is here.
CREATE TABLE visitors (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  visitor_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  host TEXT,
  host_email TEXT,
  valid_from TEXT NOT NULL,
  valid_until TEXT NOT NULL,
  -- HMAC-SHA-256 of the code by which the visitor signs in and out.
  code_hash BLOB NOT NULL UNIQUE,
  signed_in_at TEXT,
  signed_out_at TEXT
) STRICT;
