-- Seconds since the oldest change that waits to be judged, where they are more than
-- the limit (judging): red stages, the alerts of them and DORA numbers are those of
-- before until it is. After a change of the rules or a rebuild everything waits,
-- since then.
WITH {{limit_of}} AS limit_of, limit_of('judging', '', '') AS bound
SELECT age_s AS value
FROM {{judging_wait}}
WHERE value > bound
