-- Seconds since the oldest change that waits to be judged
-- (0041_judged_deployments.sql), where they are more than the limit (judging): red
-- stages, the alerts of them and DORA numbers are those of before until it is.
-- After a change of the rules or a rebuild everything waits, since then.
WITH (SELECT greatest(activated_at, (SELECT max(at) FROM deployment_rebuilds)) FROM deployment_rules_in_force) AS since,
    {{limit_of}} AS limit_of, limit_of('judging', '', '') AS bound
SELECT dateDiff('second', min(greatest(touched_at, since)), now64(3)) AS value
FROM touched_units
HAVING count() > 0 AND value > bound
