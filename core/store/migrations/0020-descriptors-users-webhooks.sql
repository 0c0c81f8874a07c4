-- Whether clients of an account may send face-api descriptors instead of pictures.
ALTER TABLE accounts ADD COLUMN descriptors INTEGER NOT NULL DEFAULT 0;

-- A second template of a face, by the face-api network, which no account has that does not allow descriptors. It stays at
-- the server.
CREATE TABLE descriptors (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  face INTEGER NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  -- The reference of the same picture; NULL: a client sent the numbers.
  reference INTEGER UNIQUE REFERENCES face_references (id) ON DELETE CASCADE,
  -- One name in all lists; that of the reference where there is one.
  uid TEXT NOT NULL,
  -- 128 numbers as the network makes them, rotated and sealed like templates.
  descriptor BLOB NOT NULL,
  quality REAL NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX descriptors_by_face ON descriptors (face);

-- What an API with sign-ins knows of a person besides.
CREATE TABLE profiles (
  face INTEGER PRIMARY KEY REFERENCES faces (id) ON DELETE CASCADE,
  email TEXT,
  successes INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  last_login TEXT
) STRICT;
CREATE INDEX profiles_by_email ON profiles (email) WHERE email IS NOT NULL;

-- Verifications of a person, the newest.
CREATE TABLE sign_ins (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  face INTEGER NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  is_success INTEGER NOT NULL,
  similarity REAL NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX sign_ins_by_face ON sign_ins (face, id);

-- How often a template of a person matched.
CREATE TABLE template_uses (
  face INTEGER NOT NULL REFERENCES faces (id) ON DELETE CASCADE,
  uid TEXT NOT NULL,
  uses INTEGER NOT NULL,
  last_used TEXT NOT NULL,
  PRIMARY KEY (face, uid)
) STRICT, WITHOUT ROWID;

-- Addresses that want to hear of an account's events.
CREATE TABLE webhooks (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  url TEXT NOT NULL,
  -- JSON, the kinds that it wants.
  kinds TEXT NOT NULL,
  secret TEXT NOT NULL,
  is_failing INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX webhooks_by_account ON webhooks (account);

-- Events that an address has not taken yet. Those about one subject arrive in order.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook INTEGER NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  account TEXT NOT NULL,
  subject TEXT NOT NULL,
  -- JSON, as it is sent.
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  -- Milliseconds since 1970.
  due INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_in_order ON deliveries (webhook, subject, id);
CREATE INDEX deliveries_by_subject ON deliveries (account, subject);
