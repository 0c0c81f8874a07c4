-- The appliance or server that runs on this store, if it still does; see runner.ts.
CREATE TABLE runner (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  process TEXT NOT NULL
) STRICT;
