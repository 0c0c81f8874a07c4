-- Values are sealed by the type of their column (sealed-values.ts), under keys of epochs that lie outside of the database. A
-- column is
--   sealed       read only: under the newest epoch, equal values differ;
--   searchable   compared as a whole, too: a keyed digest stands in front, and `=` compares that;
--   face_sealed  sealed by the key of a face already, which itself is `sealed`;
--   BYTEA        a hash or a secret of the server: under a key that stays, equal values are equal.
-- Columns that name or describe a person are one of the first two. Others stay as they are, since they are sorted, compared by
-- `<`, or tell nothing of anybody: ids (drawn by chance, but for collections, whose ids and descriptions are chosen by the
-- account), times, counts, names of devices, the audit log, whose lines name no person. Tables that only an appliance fills
-- (outbox, remote_faces, site_events, visitors, event_targets) are empty here.
CREATE DOMAIN sealed AS BYTEA;
CREATE DOMAIN searchable AS BYTEA;
CREATE DOMAIN face_sealed AS BYTEA;

-- By nothing but functions of PostgreSQL, since it rebuilds indexes without this schema in sight.
CREATE FUNCTION digest_in(value BYTEA) RETURNS BYTEA LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN get_byte(value, 0) = 3 THEN value ELSE substr(value, 6, 16) END
$$;
CREATE FUNCTION same(one searchable, other searchable) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT digest_in(one) = digest_in(other)
$$;
CREATE OPERATOR = (LEFTARG = searchable, RIGHTARG = searchable, FUNCTION = same, COMMUTATOR = OPERATOR(=));

-- 0: none.
CREATE FUNCTION epoch_of(value BYTEA) RETURNS BIGINT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN get_byte(value, 0) < 4 THEN 0 ELSE
    (get_byte(value, 1)::bigint << 24) + (get_byte(value, 2) << 16) + (get_byte(value, 3) << 8) + get_byte(value, 4) END
$$;

CREATE TABLE epochs (
  number INTEGER PRIMARY KEY,
  -- Of the key outside of the database that seals this epoch's.
  key_id TEXT COLLATE "C" NOT NULL,
  wrapped TEXT NOT NULL,
  made_at TEXT COLLATE "C" NOT NULL,
  -- Nothing that lives lies under it any more; its key is no longer to be used; its key was destroyed.
  emptied_at TEXT COLLATE "C",
  retired_at TEXT COLLATE "C",
  destroyed_at TEXT COLLATE "C"
);

-- The newest epoch that can open what is left of a face that was deleted; NULL: it was here before there were epochs, so that
-- no end of an epoch makes it unreadable.
CREATE TABLE deleted_under (
  account TEXT COLLATE "C" NOT NULL,
  face_id TEXT COLLATE "C" NOT NULL,
  epoch INTEGER,
  PRIMARY KEY (account, face_id)
);
INSERT INTO deleted_under (account, face_id)
  SELECT account, face_id FROM faces JOIN collections ON collections.id = faces.collection
  UNION SELECT account, face_id FROM tombstones;

CREATE FUNCTION note_epoch() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO deleted_under (account, face_id, epoch) SELECT NEW.account, NEW.face_id, max(number) FROM epochs
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER note_epoch AFTER INSERT ON tombstones FOR EACH ROW EXECUTE FUNCTION note_epoch();

-- What is there already: values that were sealed as bytes, and texts in clear until the migration has sealed them.
DROP TRIGGER face_changed ON faces;
DROP TRIGGER conflict_changed ON conflicts;
DROP INDEX faces_by_external_key;
DROP INDEX profiles_by_email;
ALTER TABLE accounts DROP CONSTRAINT accounts_name_key;
ALTER TABLE registrations DROP CONSTRAINT registrations_email_key;

ALTER TABLE secrets ALTER value TYPE BYTEA USING '\x00'::bytea || value;
ALTER TABLE api_keys ALTER hash TYPE BYTEA USING '\x00'::bytea || hash;
ALTER TABLE devices ALTER key_hash TYPE BYTEA USING '\x00'::bytea || key_hash;
ALTER TABLE pairing_codes ALTER hash TYPE BYTEA USING '\x00'::bytea || hash;
ALTER TABLE granted_frames ALTER digest TYPE BYTEA USING '\x00'::bytea || digest;
ALTER TABLE visitors ALTER code_hash TYPE BYTEA USING '\x00'::bytea || code_hash;
ALTER TABLE remote_faces
  ALTER picture TYPE BYTEA USING '\x00'::bytea || picture,
  ALTER key TYPE BYTEA USING '\x00'::bytea || key;
ALTER TABLE face_keys ALTER key TYPE sealed USING '\x00'::bytea || key;
ALTER TABLE templates ALTER template TYPE face_sealed USING '\x00'::bytea || template;
ALTER TABLE reference_images ALTER image TYPE face_sealed USING '\x00'::bytea || image;
ALTER TABLE descriptors ALTER descriptor TYPE face_sealed USING '\x00'::bytea || descriptor;
ALTER TABLE faces
  ALTER code_hash TYPE BYTEA USING '\x00'::bytea || code_hash,
  ALTER external_key TYPE searchable USING '\x03'::bytea || convert_to(external_key, 'UTF8'),
  ALTER metadata TYPE sealed USING '\x03'::bytea || convert_to(metadata, 'UTF8');
ALTER TABLE conflicts ALTER external_key TYPE searchable USING '\x03'::bytea || convert_to(external_key, 'UTF8');
ALTER TABLE face_particulars ALTER document TYPE sealed USING '\x03'::bytea || convert_to(document, 'UTF8');
ALTER TABLE profiles ALTER email TYPE searchable USING '\x03'::bytea || convert_to(email, 'UTF8');
ALTER TABLE sign_ins
  ALTER address TYPE sealed USING '\x03'::bytea || convert_to(address, 'UTF8'),
  ALTER user_agent TYPE sealed USING '\x03'::bytea || convert_to(user_agent, 'UTF8');
ALTER TABLE accounts ALTER name TYPE searchable USING '\x03'::bytea || convert_to(name, 'UTF8');
ALTER TABLE registrations
  ALTER email TYPE searchable USING '\x03'::bytea || convert_to(email, 'UTF8'),
  ALTER name TYPE sealed USING '\x03'::bytea || convert_to(name, 'UTF8');
ALTER TABLE replies
  ALTER fingerprint TYPE BYTEA USING '\x00'::bytea || fingerprint,
  ALTER body TYPE sealed USING '\x03'::bytea || convert_to(body, 'UTF8');
ALTER TABLE webhooks
  ALTER url TYPE sealed USING '\x03'::bytea || convert_to(url, 'UTF8'),
  ALTER secret TYPE sealed USING '\x03'::bytea || convert_to(secret, 'UTF8');
ALTER TABLE deliveries ALTER body TYPE sealed USING '\x03'::bytea || convert_to(body, 'UTF8');

CREATE INDEX faces_by_external_key ON faces (collection, digest_in(external_key)) WHERE external_key IS NOT NULL;
CREATE UNIQUE INDEX accounts_by_name ON accounts (digest_in(name));
CREATE UNIQUE INDEX registrations_by_email ON registrations (digest_in(email));
CREATE INDEX profiles_by_email ON profiles (digest_in(email)) WHERE email IS NOT NULL;

-- Sealing a value anew changes nothing that a replica knows.
CREATE TRIGGER face_changed AFTER INSERT OR UPDATE OF external_key, metadata ON faces
FOR EACH ROW WHEN (current_setting('lintel.resealing', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION face_changed();
CREATE TRIGGER conflict_changed AFTER INSERT OR UPDATE OR DELETE ON conflicts
FOR EACH ROW WHEN (current_setting('lintel.resealing', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION conflict_changed();

CREATE OR REPLACE FUNCTION face_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO replica_wanted (face_id)
    SELECT second_face FROM conflicts JOIN replica USING (account)
    WHERE account = NEW.account AND kind = 'external-key' AND first_face = NEW.face_id
    ON CONFLICT DO NOTHING;
  UPDATE faces SET external_key = freed.external_key
    FROM (
      SELECT collections.id AS collection, second_face, conflicts.external_key,
        row_number() OVER (PARTITION BY collections.id, digest_in(conflicts.external_key)
          ORDER BY conflicts.created_at, conflict_id) AS place
      FROM conflicts JOIN collections USING (account, collection_id)
      JOIN faces ON faces.collection = collections.id AND face_id = second_face AND faces.external_key IS NULL
      WHERE account = NEW.account AND kind = 'external-key' AND first_face = NEW.face_id
        AND NOT EXISTS (SELECT 1 FROM faces AS others WHERE others.collection = collections.id
          AND others.external_key = conflicts.external_key AND others.face_id <> NEW.face_id)
    ) AS freed
    WHERE place = 1 AND faces.collection = freed.collection AND faces.face_id = freed.second_face;
  UPDATE conflicts SET first_face = holder.face_id
    FROM faces AS holder JOIN collections ON collections.id = holder.collection
    WHERE conflicts.account = NEW.account AND conflicts.kind = 'external-key'
      AND conflicts.first_face = NEW.face_id AND collections.account = NEW.account
      AND collections.collection_id = conflicts.collection_id
      AND holder.external_key = conflicts.external_key
      AND holder.face_id NOT IN (conflicts.second_face, NEW.face_id);
  DELETE FROM conflicts WHERE account = NEW.account AND NEW.face_id IN (first_face, second_face);
  PERFORM note_change(NEW.account, 'face', NEW.face_id);
  RETURN NULL;
END $$;
