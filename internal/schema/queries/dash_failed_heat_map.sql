-- Failed attempts per interval of the 25 stages that failed most in the time
-- range. An interval in which the stage was not tried is empty: that is not 0.
WITH {{bucket_start}} AS bucket_start,
(
    SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), CAST(stage, 'String'), label))
    FROM
    (
        SELECT *, dense_rank() OVER (ORDER BY label_failed DESC, label) AS place
        FROM
        (
            SELECT *, sum(failed) OVER (PARTITION BY label) AS label_failed
            FROM
            (
                SELECT
                    s.tenant AS tenant, s.project_id AS project_id, s.pipeline_id AS pipeline_id, s.stage AS stage, s.failed AS failed,
                    if(p.pipeline = '', s.pipeline_id, p.pipeline) AS pipeline_name,
                    if(n.project = '', s.project_id, n.project) AS project_name,
                    concat(pipeline_name, ' / ', s.stage, if(uniqExact((s.tenant, s.project_id)) OVER (PARTITION BY pipeline_name, s.stage) > 1, concat(' (', project_name, ')'), '')) AS label
                FROM
                (
                    SELECT l.tenant AS tenant, l.project_id AS project_id, l.pipeline_id AS pipeline_id, l.stage AS stage, sum(l.failed) AS failed
                    FROM
                    (
                        SELECT any(a.tenant) AS tenant, any(a.project_id) AS project_id, any(a.pipeline_id) AS pipeline_id, any(a.name) AS stage, countIf(a.status = 'FAILED') AS failed
                        FROM attempts_by_day AS a FINAL
                        WHERE a.status IN ('COMPLETED', 'FAILED') AND $__timeFilter(a.ended_at)
                            AND $__conditionalAll(a.tenant IN (${tenant:singlequote}), $tenant)
                            AND $__conditionalAll(a.project_id IN (${project:singlequote}), $project)
                            AND $__conditionalAll(cityHash64(a.tenant, a.project_id, a.pipeline_id) IN {{dash_service_lines}}, $service)
                            AND $__conditionalAll(cityHash64(a.tenant, a.project_id, a.pipeline_id) IN {{dash_service_lines}}, $environment)
                        GROUP BY a.life
                    ) AS l
                    GROUP BY tenant, project_id, pipeline_id, stage
                ) AS s
                LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = s.tenant AND p.project_id = s.project_id AND p.pipeline_id = s.pipeline_id
                LEFT JOIN {{dash_project_names}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
            )
        )
        WHERE label_failed > 0
    )
    WHERE place <= 25
) AS worst
SELECT bucket_start(assumeNotNull(a.ended_at)) AS time, w.label AS stage, countIf(a.status = 'FAILED') AS failed_attempts
FROM
(
    SELECT tenant, project_id, pipeline_id, name, ended_at, status
    FROM attempts_by_day FINAL
    PREWHERE pipeline_id IN (SELECT arrayJoin(worst).3)
    WHERE status IN ('COMPLETED', 'FAILED') AND $__timeFilter(ended_at)
) AS a
INNER JOIN (SELECT w.1 AS tenant, w.2 AS project_id, w.3 AS pipeline_id, w.4 AS stage, w.5 AS label FROM (SELECT arrayJoin(worst) AS w)) AS w
    ON w.tenant = a.tenant AND w.project_id = a.project_id AND w.pipeline_id = a.pipeline_id AND w.stage = a.name
GROUP BY time, stage
ORDER BY time, stage
