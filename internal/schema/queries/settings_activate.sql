-- Puts settings in force: one row, later than every other, so that a clock that
-- went back does not leave older ones in force.
INSERT INTO settings (activated_at, settings)
SELECT greatest(now64(3, 'UTC'), (SELECT max(activated_at) + INTERVAL 1 MILLISECOND FROM settings)), {settings:String}
