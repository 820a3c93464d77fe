-- What waits to be judged (0041_judged_deployments.sql): for how long the oldest change
-- has, in seconds, and of how many services and pipelines there are some. After a
-- change of the rules or a rebuild everything waits, since then.
WITH (SELECT greatest(activated_at, (SELECT max(at) FROM deployment_rebuilds)) FROM deployment_rules_in_force) AS since
SELECT if(count() = 0, 0, dateDiff('second', min(greatest(touched_at, since)), now64(3))) AS age_s, count() AS units
FROM touched_units
