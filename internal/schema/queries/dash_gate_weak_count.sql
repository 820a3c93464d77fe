-- Successful deployments of the time range that were made while a gate of their
-- project was weaker than its baseline, both as they were seen last before the
-- deployment ended. Listed: of all of them, how many the table has.
WITH {{dash_gate_weak_turns}} AS weaker_since
SELECT count() AS n, least(count(), 5000) AS listed
FROM {{dash_gate_weak}}
