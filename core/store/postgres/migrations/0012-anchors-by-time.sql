-- The newest heads of a device's audit log, and the first of an hour, are found without looking through all of them.
CREATE INDEX anchors_by_time ON anchors (device_id, at, n);

-- Of those before the newest thousand the first of each hour stays, as of those that are reported from now on.
DELETE FROM anchors WHERE (device_id, n) IN (
  SELECT device_id, n FROM (
    SELECT device_id, n,
      row_number() OVER (PARTITION BY device_id ORDER BY at DESC, n DESC) AS newest,
      row_number() OVER (PARTITION BY device_id, substr(at, 1, 13) ORDER BY at, n) AS of_hour
    FROM anchors
  ) AS placed
  WHERE newest > 1000 AND of_hour > 1
);
