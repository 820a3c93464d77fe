-- Pollers whose last good round is older than their objective, or that have
-- never had one. A poller that was last good 30 days ago belongs to a project
-- that is no longer watched.
SELECT tenant, project_id, project, poller, if(late IS NULL, 'never', 'too old') AS good_round, toUInt8(1) AS value
FROM {{dash_poller_ages}}
WHERE late IS NULL OR late >= 1 AND good_age_s < 30 * 86400
