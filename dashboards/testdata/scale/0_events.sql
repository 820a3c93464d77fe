-- Messages are written into a table that no view reads, and join events when all are
-- there: what the views make of them is written already, by the other files.
CREATE TABLE scale_events AS events
