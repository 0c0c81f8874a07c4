-- What an appliance and its server need to keep the same people: names that are the same everywhere, what is still to be
-- sent (outbox), and what changed since somebody asked last (changes).

-- One name of a reference on every machine.
ALTER TABLE face_references ADD COLUMN uid TEXT NOT NULL DEFAULT '';
UPDATE face_references SET uid = lower(hex(randomblob(16)));
CREATE UNIQUE INDEX references_by_uid ON face_references (face, uid);

-- The newest change of each thing of an account, in order. A thing that is not there any more was deleted.
CREATE TABLE changes (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  account TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('collection', 'face', 'conflict')),
  id TEXT NOT NULL,
  -- The replica that has the thing as it is, since it made the change itself.
  origin TEXT,
  UNIQUE (account, kind, id)
) STRICT;
CREATE INDEX changes_in_order ON changes (account, seq);

-- Deletions up to `seq` are no longer among the changes: who was away longer compares everything.
CREATE TABLE horizons (
  account TEXT PRIMARY KEY,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER collection_created AFTER INSERT ON collections BEGIN
  DELETE FROM changes WHERE account = NEW.account AND kind = 'collection' AND id = NEW.collection_id;
  INSERT INTO changes (account, kind, id) VALUES (NEW.account, 'collection', NEW.collection_id);
END;
CREATE TRIGGER collection_changed AFTER UPDATE OF account, description ON collections BEGIN
  DELETE FROM changes WHERE account = OLD.account AND kind = 'collection' AND id = OLD.collection_id;
  INSERT INTO changes (account, kind, id) VALUES (OLD.account, 'collection', OLD.collection_id);
END;
-- Where the account is '', the collection is in the trash, and its faces are gone already.
CREATE TRIGGER face_created AFTER INSERT ON faces BEGIN
  DELETE FROM changes WHERE kind = 'face' AND id = NEW.face_id
    AND account = (SELECT account FROM collections WHERE id = NEW.collection);
  INSERT INTO changes (account, kind, id)
    SELECT account, 'face', NEW.face_id FROM collections WHERE id = NEW.collection AND account <> '';
END;
CREATE TRIGGER face_changed AFTER UPDATE OF external_key, metadata ON faces BEGIN
  DELETE FROM changes WHERE kind = 'face' AND id = NEW.face_id
    AND account = (SELECT account FROM collections WHERE id = NEW.collection);
  INSERT INTO changes (account, kind, id)
    SELECT account, 'face', NEW.face_id FROM collections WHERE id = NEW.collection AND account <> '';
END;
CREATE TRIGGER reference_created AFTER INSERT ON face_references BEGIN
  DELETE FROM changes WHERE kind = 'face' AND id = (SELECT face_id FROM faces WHERE id = NEW.face)
    AND account = (SELECT account FROM collections WHERE id = NEW.collection);
  INSERT INTO changes (account, kind, id)
    SELECT account, 'face', face_id FROM faces JOIN collections ON collections.id = faces.collection
    WHERE faces.id = NEW.face AND account <> '';
END;
CREATE TRIGGER reference_deleted AFTER DELETE ON face_references BEGIN
  DELETE FROM changes WHERE kind = 'face' AND id = (SELECT face_id FROM faces WHERE id = OLD.face)
    AND account = (SELECT account FROM collections WHERE id = OLD.collection);
  INSERT INTO changes (account, kind, id)
    SELECT account, 'face', face_id FROM faces JOIN collections ON collections.id = faces.collection
    WHERE faces.id = OLD.face AND account <> '';
END;
CREATE TRIGGER template_created AFTER INSERT ON templates BEGIN
  DELETE FROM changes WHERE kind = 'face' AND (account, id) IN (
    SELECT account, face_id FROM face_references JOIN faces ON faces.id = face_references.face
    JOIN collections ON collections.id = faces.collection WHERE face_references.id = NEW.reference);
  INSERT INTO changes (account, kind, id)
    SELECT account, 'face', face_id FROM face_references JOIN faces ON faces.id = face_references.face
    JOIN collections ON collections.id = faces.collection
    WHERE face_references.id = NEW.reference AND account <> '';
END;
-- With a face goes what there was to decide about it: the key that it held is free for the one who was to have it too.
CREATE TRIGGER face_deleted AFTER INSERT ON tombstones BEGIN
  UPDATE faces SET external_key = conflicts.external_key
    FROM conflicts JOIN collections USING (account, collection_id)
    WHERE conflicts.account = NEW.account AND conflicts.kind = 'external-key'
      AND conflicts.first_face = NEW.face_id AND faces.face_id = conflicts.second_face
      AND faces.collection = collections.id AND faces.external_key IS NULL
      AND NOT EXISTS (SELECT 1 FROM faces AS others
        WHERE others.collection = collections.id AND others.external_key = conflicts.external_key
          AND others.face_id <> NEW.face_id);
  DELETE FROM conflicts WHERE account = NEW.account AND NEW.face_id IN (first_face, second_face);
  DELETE FROM changes WHERE account = NEW.account AND kind = 'face' AND id = NEW.face_id;
  INSERT INTO changes (account, kind, id) VALUES (NEW.account, 'face', NEW.face_id);
END;

-- What was there before is known to nobody yet.
INSERT INTO changes (account, kind, id)
  SELECT account, 'collection', collection_id FROM collections WHERE account <> '';
INSERT INTO changes (account, kind, id)
  SELECT account, 'face', face_id FROM faces JOIN collections ON collections.id = faces.collection
  WHERE account <> '';
INSERT INTO changes (account, kind, id) SELECT account, 'face', face_id FROM tombstones;

-- At an appliance: how far it is with its server. One row at most.
CREATE TABLE replica (
  account TEXT PRIMARY KEY,
  replica_id TEXT NOT NULL,
  -- Of the server's feed: another one means that the server's data were replaced.
  feed_id TEXT,
  -- Number of the newest operation, and of the newest that was ever sent.
  number INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,
  -- Up to where the server's changes are known here.
  cursor INTEGER NOT NULL DEFAULT 0,
  -- Not 0 while everything is being compared: what the server has is noted in `replica_seen`. Each time another number.
  comparing INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE replica_seen (kind TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
-- Faces of which this replica lacks what the server has.
CREATE TABLE replica_wanted (face_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Operations the server has not confirmed. No biometrics: those are taken from the face when the operation is sent.
CREATE TABLE outbox (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  collection_id TEXT,
  face_id TEXT,
  body TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_by_face ON outbox (face_id) WHERE face_id IS NOT NULL;
CREATE INDEX outbox_by_collection ON outbox (collection_id) WHERE face_id IS NULL;

-- Operations the server refused, to be shown to an operator.
CREATE TABLE parked (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  collection_id TEXT,
  face_id TEXT,
  code TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;

-- Whether the deletion of this machine's collection is to be told to the server.
ALTER TABLE trash ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE trash ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;

-- What an operator has to decide; at the server and at its appliances.
CREATE TABLE conflicts (
  account TEXT NOT NULL,
  conflict_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('external-key', 'suspected-duplicate')),
  collection_id TEXT NOT NULL,
  -- The face that was there first, and the one that came.
  first_face TEXT NOT NULL,
  second_face TEXT NOT NULL,
  external_key TEXT,
  confidence REAL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (account, conflict_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conflicts_by_first ON conflicts (account, first_face);
CREATE INDEX conflicts_by_second ON conflicts (account, second_face);
CREATE TRIGGER conflict_created AFTER INSERT ON conflicts BEGIN
  DELETE FROM changes WHERE account = NEW.account AND kind = 'conflict' AND id = NEW.conflict_id;
  INSERT INTO changes (account, kind, id) VALUES (NEW.account, 'conflict', NEW.conflict_id);
END;
CREATE TRIGGER conflict_ended AFTER DELETE ON conflicts BEGIN
  DELETE FROM changes WHERE account = OLD.account AND kind = 'conflict' AND id = OLD.conflict_id;
  INSERT INTO changes (account, kind, id) VALUES (OLD.account, 'conflict', OLD.conflict_id);
END;

-- At the server: the appliances of an account, and what they said of themselves at their last contact.
CREATE TABLE devices (
  device_id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  key_hash BLOB NOT NULL,
  public_key TEXT NOT NULL,
  policy TEXT NOT NULL,
  paired_at TEXT NOT NULL,
  revoked_at TEXT,
  -- The changes of the account that are known there, and cleaned away where they are deletions.
  cursor INTEGER NOT NULL DEFAULT 0,
  last_contact TEXT,
  report TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_by_account ON devices (account);

-- How far the operations of each replica are applied. A device whose store was set back starts a new one.
CREATE TABLE replicas (
  account TEXT NOT NULL,
  replica_id TEXT NOT NULL,
  device_id TEXT NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
  applied INTEGER NOT NULL,
  PRIMARY KEY (account, replica_id)
) STRICT, WITHOUT ROWID;

-- Operations that were refused, so that a repeated question gets the same answer.
CREATE TABLE refusals (
  account TEXT NOT NULL,
  replica_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  code TEXT NOT NULL,
  PRIMARY KEY (account, replica_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE pairing_codes (
  hash BLOB PRIMARY KEY,
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  policy TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each device's audit log as it said it was, so that none can be shortened unnoticed.
CREATE TABLE anchors (
  device_id TEXT NOT NULL REFERENCES devices (device_id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  hash TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (device_id, n)
) STRICT, WITHOUT ROWID;

-- Names these changes: a store that was set back to an earlier state gets another word, since its changes differ from
-- those that its readers have seen.
CREATE TABLE feed (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO feed (id) VALUES (lower(hex(randomblob(16))));
