-- What the statements of the tables take from SQLite, under the same names.

CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (key BIGINT, value TEXT)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT ordinality - 1, element
  FROM json_array_elements_text(list::json) WITH ORDINALITY AS each (element, ordinality)
$$;

CREATE FUNCTION json_text(list TEXT[]) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT array_to_json(list)::text $$;
CREATE AGGREGATE json_group_array(TEXT) (SFUNC = array_append, STYPE = TEXT[], INITCOND = '{}', FINALFUNC = json_text);

CREATE FUNCTION json_member(object TEXT, name TEXT) RETURNS JSON
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT object::json -> name $$;
CREATE FUNCTION json_member_text(object TEXT, name TEXT) RETURNS TEXT
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT object::json ->> name $$;
CREATE OPERATOR -> (LEFTARG = TEXT, RIGHTARG = TEXT, FUNCTION = json_member);
CREATE OPERATOR ->> (LEFTARG = TEXT, RIGHTARG = TEXT, FUNCTION = json_member_text);
