-- Queue wait per project: from the start of a run to the start of its first
-- stage, the 90th percentile over the runs whose wait ended within the last hour
-- and those that still wait, where it is longer than the limit (queue). Of fewer
-- than 5 runs nothing is said.
WITH {{limit_of}} AS limit_of, limit_of('queue', tenant, project) AS bound
SELECT
    r.tenant AS tenant,
    r.project_id AS project_id,
    if(any(n.project) = '', r.project_id, any(n.project)) AS project,
    quantileExactInclusive(0.9)(dateDiff('millisecond', assumeNotNull(r.started_at), if(a.first_started_at IS NULL, now64(3), assumeNotNull(a.first_started_at))) / 1000) AS value
FROM
(
    SELECT tenant, project_id, pipeline_id, run_id, started_at, status
    FROM runs_begun_since(since = today() - 2)
    WHERE started_at > now() - INTERVAL 1 DAY AND NOT gone
) AS r
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, min(attempts_by_day.started_at) AS first_started_at
    FROM attempts_by_day FINAL
    WHERE day >= today() - 3 AND attempts_by_day.started_at > now() - INTERVAL 1 DAY
    GROUP BY tenant, project_id, pipeline_id, run_id
) AS a ON a.tenant = r.tenant AND a.project_id = r.project_id AND a.pipeline_id = r.pipeline_id AND a.run_id = r.run_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.tenant AND n.project_id = r.project_id
WHERE a.first_started_at > now() - INTERVAL 1 HOUR
    OR a.first_started_at IS NULL AND r.status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED')
GROUP BY r.tenant, r.project_id
HAVING count() >= 5 AND value > bound
