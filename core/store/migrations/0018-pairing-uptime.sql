-- Seconds for which the machine had been running when a pairing code was made: the clock of the wall may be set back.
ALTER TABLE pairing_codes ADD COLUMN uptime REAL;
