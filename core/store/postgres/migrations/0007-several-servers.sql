-- What the servers on this database know of each other; it means nothing once they have ended, and is not logged.

CREATE UNLOGGED TABLE requests_under_way (
  request TEXT COLLATE "C" NOT NULL,
  server INTEGER NOT NULL,
  PRIMARY KEY (request, server)
);

CREATE UNLOGGED TABLE calls_under_way (
  meter TEXT COLLATE "C" NOT NULL,
  server INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  PRIMARY KEY (meter, server)
);

CREATE UNLOGGED TABLE rates (
  name TEXT COLLATE "C" PRIMARY KEY,
  count DOUBLE PRECISION NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL
);
