-- At an appliance: what its server wants removed, from when it is told until it is carried out. Too many at once wait for an
-- operator. `manner`: deleted, for good; evicted, it lives on elsewhere; emptied, the server has none of its references.
CREATE TABLE held_removals (
  kind TEXT NOT NULL CHECK (kind IN ('face', 'collection')),
  id TEXT NOT NULL,
  manner TEXT NOT NULL CHECK (manner IN ('deleted', 'evicted', 'emptied')),
  -- Up to where the appliance had read the changes then: later ones are not confirmed to the server meanwhile.
  cursor INTEGER NOT NULL,
  -- Emptied ones that were agreed to, until the server has sent them once more.
  agreed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
