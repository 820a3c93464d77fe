-- Puts a price table in force: one row, later than every other, so that a clock
-- that went back does not leave an older one in force.
INSERT INTO price_tables (activated_at, prices)
SELECT greatest(now64(3, 'UTC'), (SELECT max(activated_at) + INTERVAL 1 MILLISECOND FROM price_tables)), {prices:String}
