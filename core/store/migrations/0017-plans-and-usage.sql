-- Null: an account that an operator made, without limits.
ALTER TABLE accounts ADD COLUMN plan TEXT;

-- Accounts that made themselves over an API.
CREATE TABLE registrations (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL UNIQUE REFERENCES accounts (account_id) ON DELETE CASCADE,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL
) STRICT;

-- What an account called, by meter: APIs count by different rules. `failures` are calls that were refused after all.
CREATE TABLE usage_days (
  account TEXT NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  meter TEXT NOT NULL,
  -- Of UTC, such as 2026-01-31.
  day TEXT NOT NULL,
  calls INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  PRIMARY KEY (account, meter, day)
) STRICT, WITHOUT ROWID;

-- The minute that runs, which begins with a call.
CREATE TABLE usage_minutes (
  account TEXT NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  meter TEXT NOT NULL,
  -- Milliseconds since 1970.
  began INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (account, meter)
) STRICT, WITHOUT ROWID;

-- The newest calls of each account. They name nobody.
CREATE TABLE usage_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL REFERENCES accounts (account_id) ON DELETE CASCADE,
  meter TEXT NOT NULL,
  call TEXT NOT NULL,
  outcome TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX usage_log_by_account ON usage_log (account, meter, id);
