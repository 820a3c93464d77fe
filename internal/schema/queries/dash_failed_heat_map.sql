-- Failed attempts per day (UTC) of the 25 stages that failed most in the time
-- range. A day on which the stage was not tried is empty: that is not 0.
WITH tried AS
(
    SELECT
        toStartOfDay(finished_at, 'UTC') AS day,
        concat(pipeline_name, ' / ', a.stage, if(uniqExact((tenant, project_id)) OVER (PARTITION BY pipeline_name, a.stage) > 1, concat(' (', project_name, ')'), '')) AS label,
        failed
    FROM {{dash_verdicts}} AS a
    WHERE $__timeFilter(finished_at)
)
SELECT day AS time, label AS stage, countIf(failed) AS failed_attempts
FROM tried
WHERE label IN (SELECT label FROM tried GROUP BY label HAVING countIf(failed) > 0 ORDER BY countIf(failed) DESC, label LIMIT 25)
GROUP BY time, stage
ORDER BY time, stage
