DROP TABLE scale_events SYNC
