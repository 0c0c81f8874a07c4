-- A move from a file left these two counting from 1 although numbers were taken. Those that are ahead stay as they are.
SELECT setval(sequence, greatest(max(number), pg_sequence_last_value(sequence)))
  FROM granted_frames, CAST(pg_get_serial_sequence('granted_frames', 'number') AS regclass) AS sequence
  GROUP BY sequence;
SELECT setval(sequence, greatest(max(id), pg_sequence_last_value(sequence)))
  FROM removed_references, CAST(pg_get_serial_sequence('removed_references', 'id') AS regclass) AS sequence
  GROUP BY sequence;
