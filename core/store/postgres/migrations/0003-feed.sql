-- What changed is noted in the transaction of its change. Writers come one after the other, so the numbers of `changes`
-- are in the order of the commits.

CREATE FUNCTION refuse_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit log is append-only.';
END $$;
CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The thing gets the newest number. Nobody has the account '': its collections are in the trash.
CREATE FUNCTION note_change(whose TEXT, what TEXT, which TEXT) RETURNS VOID LANGUAGE sql AS $$
  DELETE FROM changes WHERE account = whose AND kind = what AND id = which;
  INSERT INTO changes (account, kind, id) SELECT whose, what, which WHERE whose <> '';
$$;

CREATE FUNCTION note_face(face_row BIGINT) RETURNS VOID LANGUAGE sql AS $$
  SELECT note_change(account, 'face', face_id)
  FROM faces JOIN collections ON collections.id = faces.collection WHERE faces.id = face_row;
$$;

CREATE FUNCTION collection_created() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_change(NEW.account, 'collection', NEW.collection_id);
  RETURN NULL;
END $$;
CREATE TRIGGER collection_created AFTER INSERT ON collections FOR EACH ROW EXECUTE FUNCTION collection_created();

CREATE FUNCTION collection_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_change(OLD.account, 'collection', OLD.collection_id);
  RETURN NULL;
END $$;
CREATE TRIGGER collection_changed AFTER UPDATE OF account, description ON collections
FOR EACH ROW EXECUTE FUNCTION collection_changed();

CREATE FUNCTION face_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_face(NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER face_changed AFTER INSERT OR UPDATE OF external_key, metadata ON faces
FOR EACH ROW EXECUTE FUNCTION face_changed();

CREATE FUNCTION reference_created() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_face(NEW.face);
  RETURN NULL;
END $$;
CREATE TRIGGER reference_created AFTER INSERT ON face_references FOR EACH ROW EXECUTE FUNCTION reference_created();

CREATE FUNCTION reference_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  UPDATE collections SET removals = removals + 1 WHERE id = OLD.collection;
  PERFORM note_face(OLD.face);
  RETURN NULL;
END $$;
CREATE TRIGGER reference_deleted AFTER DELETE ON face_references FOR EACH ROW EXECUTE FUNCTION reference_deleted();

CREATE FUNCTION template_created() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM note_face(face) FROM face_references WHERE id = NEW.reference;
  RETURN NULL;
END $$;
CREATE TRIGGER template_created AFTER INSERT ON templates FOR EACH ROW EXECUTE FUNCTION template_created();

CREATE FUNCTION conflict_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
DECLARE
  conflict conflicts := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  PERFORM note_change(conflict.account, 'conflict', conflict.conflict_id);
  RETURN NULL;
END $$;
CREATE TRIGGER conflict_changed AFTER INSERT OR UPDATE OR DELETE ON conflicts
FOR EACH ROW EXECUTE FUNCTION conflict_changed();

-- With a face goes what there was to decide about it: the key that it held is free for the first who was to have it too,
-- and the others wait behind that one.
CREATE FUNCTION face_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO replica_wanted (face_id)
    SELECT second_face FROM conflicts JOIN replica USING (account)
    WHERE account = NEW.account AND kind = 'external-key' AND first_face = NEW.face_id
    ON CONFLICT DO NOTHING;
  UPDATE faces SET external_key = freed.external_key
    FROM (
      SELECT collections.id AS collection, second_face, conflicts.external_key,
        row_number() OVER (PARTITION BY collections.id, conflicts.external_key ORDER BY conflicts.created_at, conflict_id)
          AS place
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
CREATE TRIGGER face_deleted AFTER INSERT ON tombstones FOR EACH ROW EXECUTE FUNCTION face_deleted();
