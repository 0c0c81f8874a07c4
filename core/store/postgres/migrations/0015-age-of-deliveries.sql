-- When an event was written, in milliseconds since 1970: it waits for some days at most. Of those that wait already, when they were last due.
ALTER TABLE deliveries ADD COLUMN announced BIGINT NOT NULL DEFAULT 0;
UPDATE deliveries SET announced = due;
