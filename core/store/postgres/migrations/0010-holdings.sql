-- Which server holds what lies in the memory of one: a face session, or the visits at the pages of an account. Not logged, as what
-- else they know of each other.
CREATE UNLOGGED TABLE holdings (
  name TEXT COLLATE "C" PRIMARY KEY,
  server INTEGER NOT NULL,
  ends_at TIMESTAMPTZ
);
