-- Every time that a stage was red, of those that began or ended after the
-- beginning of the time range: from the end of the first failed attempt to the
-- end of the success that ended it, NULL while there is none. A stage is the
-- same one when branch, position and name are the same. It is what the view
-- red_episodes says, without all of the history: a stage that passed in the two
-- weeks before the time range was green then, and only what came after counts;
-- of other stages that were tried since, everything is read.
SELECT
    e.tenant AS tenant,
    if(n.project = '', e.project_id, n.project) AS project,
    if(p.pipeline = '', e.pipeline_id, p.pipeline) AS pipeline,
    e.stage AS stage,
    e.target_branch AS branch,
    e.red_since AS red_since,
    e.green_at AS green_at,
    e.failures AS failures,
    dateDiff('millisecond', red_since, green_at) / 1000 AS red_s,
    e.project_id AS project_id,
    e.pipeline_id AS pipeline_id,
    e.life AS life
FROM
(
    SELECT tenant, project_id, pipeline_id, target_branch, stage, life, red.1 AS red_since, red.2 AS green_at, red.3 AS failures
    FROM
    (
        SELECT
            life, tenant, project_id, pipeline_id, target_branch, stage,
            arrayMap((began, began_as, ended, ended_as) -> (
                fromUnixTimestamp64Milli(toInt64(bitShiftRight(began, 64)), 'UTC'),
                if(ended_as = 0, NULL, fromUnixTimestamp64Milli(toInt64(bitShiftRight(ended, 64)), 'UTC')),
                toUInt64(if(ended_as = 0, length(tries) + 1, ended_as) - began_as)),
                arrayFilter((x, i) -> i, tries, begins), arrayFilter((x, i) -> i, arrayEnumerate(tries), begins),
                arrayResize(arrayFilter((x, i) -> i, tries, ends), arrayCount(begins), toUInt128(0)), arrayResize(arrayFilter((x, i) -> i, arrayEnumerate(tries), ends), arrayCount(begins), 0)) AS reds
        FROM
        (
            SELECT
                life, tenant, project_id, pipeline_id, target_branch, stage, tries,
                arrayMap(x -> toUInt8(bitAnd(x, 1)), tries) AS failed,
                arrayPushFront(arrayPopBack(failed), 0) AS failed_before,
                arrayMap((x, y) -> x > y, failed, failed_before) AS begins,
                arrayMap((x, y) -> x < y, failed, failed_before) AS ends
            FROM
            (
                SELECT
                    life, any(attempts_by_day.tenant) AS tenant, any(attempts_by_day.project_id) AS project_id, any(attempts_by_day.pipeline_id) AS pipeline_id, any(attempts_by_day.target_branch) AS target_branch, any(name) AS stage,
                    arraySort(groupArray(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(assumeNotNull(ended_at))), 64) + 2 * toUnixTimestamp64Milli(ifNull(started_at, toDateTime64(0, 3))) + (status = 'FAILED'))) AS tries
                FROM attempts_by_day FINAL
                WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > $__fromTime - INTERVAL 14 DAY
                    AND $__conditionalAll(attempts_by_day.tenant IN (${tenant:singlequote}), $tenant)
                    AND $__conditionalAll(attempts_by_day.project_id IN (${project:singlequote}), $project)
                GROUP BY life
                HAVING countIf(status != 'FAILED' AND ended_at < $__fromTime) > 0 AND countIf(status = 'FAILED') > 0
            )
        )
    )
    ARRAY JOIN reds AS red
    WHERE red_since >= $__fromTime OR green_at >= $__fromTime
    UNION ALL
    SELECT tenant, project_id, pipeline_id, target_branch, stage, cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage), red_since, green_at, failures
    FROM red_episodes
    WHERE (red_since >= $__fromTime OR green_at >= $__fromTime)
        AND (tenant, project_id, pipeline_id, target_branch, position, stage) IN
        (
            SELECT any(attempts_by_day.tenant), any(attempts_by_day.project_id), any(attempts_by_day.pipeline_id), any(target_branch), any(position), any(name)
            FROM attempts_by_day FINAL
            PREWHERE life NOT IN (SELECT life FROM attempts_by_day FINAL WHERE status = 'COMPLETED' AND ended_at > $__fromTime - INTERVAL 14 DAY AND ended_at < $__fromTime)
            WHERE status IN ('COMPLETED', 'FAILED') AND ended_at >= $__fromTime
                AND $__conditionalAll(attempts_by_day.tenant IN (${tenant:singlequote}), $tenant)
                AND $__conditionalAll(attempts_by_day.project_id IN (${project:singlequote}), $project)
            GROUP BY life
        )
) AS e
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = e.tenant AND p.project_id = e.project_id AND p.pipeline_id = e.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = e.tenant AND n.project_id = e.project_id
