-- Where a server is reached by the others on this database: as long as it holds its lock. Not logged, as what else they know of each other.
CREATE UNLOGGED TABLE nodes (
  server INTEGER PRIMARY KEY,
  address TEXT COLLATE "C" NOT NULL
);

-- Tells servers, at the commit, in whose memory something changed. It is a hint: each search asks for the revision all the same.
CREATE FUNCTION tell_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('lintel_changes',
    json_build_object('schema', TG_TABLE_SCHEMA, 'account', OLD.account, 'collectionId', OLD.collection_id)::text);
  RETURN NULL;
END $$;
CREATE TRIGGER collections_changed AFTER UPDATE OF revision, collection_id ON collections
  FOR EACH ROW EXECUTE FUNCTION tell_changed();
