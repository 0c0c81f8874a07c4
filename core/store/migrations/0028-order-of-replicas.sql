-- Counts the replicas of a device up, so that those which are over for long can go.
ALTER TABLE replicas ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
