-- When the first stage of each run began, of the runs that ended in the time
-- range and of others. The attempts of a run that began in the week before the
-- range or later began then too, and one day of room is for the zones of their
-- dates; those of runs that went on for longer are read by run.
SELECT run, min(s.started_at) AS first_started_at
FROM
(
    SELECT cityHash64(tenant, project_id, pipeline_id, run_id) AS run, started_at
    FROM attempts_by_day FINAL
    WHERE day >= toDate($__fromTime) - 8 AND day <= toDate($__toTime) + 1
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    UNION ALL
    SELECT cityHash64(tenant, project_id, pipeline_id, run_id) AS run, started_at
    FROM stage_attempts FINAL
    WHERE (tenant, project_id, pipeline_id, run_id) IN {{dash_long_runs}}
) AS s
GROUP BY run
