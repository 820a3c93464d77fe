-- Queue wait per project: from the start of a run to the start of its first
-- stage, the 90th percentile over the runs whose wait ended within the last hour
-- and those that still wait. Of fewer than 5 runs nothing is said.
SELECT
    r.tenant AS tenant,
    r.project_id AS project_id,
    if(any(n.project) = '', r.project_id, any(n.project)) AS project,
    quantileExactInclusive(0.9)(dateDiff('millisecond', assumeNotNull(r.started_at), if(a.first_started_at IS NULL, now64(3), assumeNotNull(a.first_started_at))) / 1000) AS value
FROM
(
    SELECT tenant, project_id, pipeline_id, run_id, started_at, status
    FROM runs FINAL
    WHERE started_at > now() - INTERVAL 1 DAY AND op NOT IN ('deleted', 'expired')
) AS r
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, min(stage_attempts.started_at) AS first_started_at
    FROM stage_attempts FINAL
    WHERE stage_attempts.started_at > now() - INTERVAL 1 DAY
    GROUP BY tenant, project_id, pipeline_id, run_id
) AS a ON a.tenant = r.tenant AND a.project_id = r.project_id AND a.pipeline_id = r.pipeline_id AND a.run_id = r.run_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.tenant AND n.project_id = r.project_id
WHERE a.first_started_at > now() - INTERVAL 1 HOUR
    OR a.first_started_at IS NULL AND r.status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED')
GROUP BY r.tenant, r.project_id
HAVING count() >= 5
