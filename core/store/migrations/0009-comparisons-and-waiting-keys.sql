-- The server's horizon when a comparison began: deletions that were left out before then are not missed by it.
ALTER TABLE replica ADD COLUMN horizon INTEGER NOT NULL DEFAULT 0;
-- The collections that were to be here, as JSON, in all answers since then; null: all.
ALTER TABLE replica ADD COLUMN carried TEXT NOT NULL DEFAULT 'null';

-- With a face goes what there was to decide about it: the key that it held is free for the first who was to have it too,
-- and the others wait behind that one.
DROP TRIGGER face_deleted;
CREATE TRIGGER face_deleted AFTER INSERT ON tombstones BEGIN
  -- An appliance may not know of all who have that key, nor that something was decided: it asks how they stand.
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
  DELETE FROM changes WHERE account = NEW.account AND kind = 'face' AND id = NEW.face_id;
  INSERT INTO changes (account, kind, id) VALUES (NEW.account, 'face', NEW.face_id);
END;

CREATE TRIGGER conflict_changed AFTER UPDATE ON conflicts BEGIN
  DELETE FROM changes WHERE account = NEW.account AND kind = 'conflict' AND id = NEW.conflict_id;
  INSERT INTO changes (account, kind, id) VALUES (NEW.account, 'conflict', NEW.conflict_id);
END;
