-- How many numbers a template of a model has, where only what was enrolled first can tell: what most of those here have.
CREATE TABLE template_lengths (
  account TEXT NOT NULL,
  model_id TEXT NOT NULL,
  length INTEGER NOT NULL,
  PRIMARY KEY (account, model_id)
) STRICT, WITHOUT ROWID;

-- A sealed template has 28 bytes more than its numbers, of 4 bytes each.
INSERT INTO template_lengths (account, model_id, length)
SELECT account, model_id, length FROM (
  SELECT account, model_id, (length(template) - 28) / 4 AS length,
    row_number() OVER (PARTITION BY account, model_id ORDER BY count(*) DESC) AS place
  FROM templates
  JOIN face_references ON face_references.id = reference
  JOIN collections ON collections.id = face_references.collection
  WHERE template IS NOT NULL AND account <> ''
  GROUP BY account, model_id, length(template)
) WHERE place = 1;
