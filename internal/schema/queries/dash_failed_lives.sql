-- The stages that were red at some time since the time range began, by the number
-- that stands for their life (dash_red_episodes), a stage of a pipeline on a
-- branch: those that failed since a month before it, and those that may have been
-- red before, as they were tried since and had not passed in the two weeks before
-- it. No version of an attempt calls them otherwise.
SELECT life, tenant, project_id, pipeline_id, position, stage
FROM
(
    SELECT life, tenant, project_id, pipeline_id, position, name AS stage
    FROM attempts_by_day
    PREWHERE status = 'FAILED'
    WHERE ended_at > $__fromTime - INTERVAL 30 DAY
    LIMIT 1 BY life
    UNION ALL
    SELECT life, tenant, project_id, pipeline_id, position, name
    FROM attempts_by_day
    PREWHERE life NOT IN (SELECT life FROM attempts_by_day FINAL WHERE status = 'COMPLETED' AND ended_at > $__fromTime - INTERVAL 14 DAY AND ended_at < $__fromTime)
    WHERE ended_at >= $__fromTime
    LIMIT 1 BY life
)
LIMIT 1 BY life
