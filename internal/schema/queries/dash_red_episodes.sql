-- Every time that a stage was red, of those that began or ended after the
-- beginning of the time range: from the end of the first failed attempt to the
-- end of the success that ended it, NULL while there is none. A stage is the
-- same one when branch, position and name are the same. It is what the view
-- red_episodes says, without all of the history: a stage that passed in the two
-- weeks before the time range was green then, and only what came after counts;
-- of other stages that were tried since, everything is read. Attempts are
-- numbers here (attempt_number). Whose life it is, dash_failed_lives says.
SELECT life, red_since, green_at, failures, dateDiff('millisecond', red_since, green_at) / 1000 AS red_s
FROM
(
    SELECT
        life,
        fromUnixTimestamp64Milli(toInt64(bitShiftRight(red.1, 22)), 'UTC') AS red_since,
        if(red.2 = 0, NULL, fromUnixTimestamp64Milli(toInt64(bitShiftRight(red.2, 22)), 'UTC')) AS green_at,
        toUInt64(red.3) AS failures
    FROM
    (
        WITH {{attempt_number}} AS number
        SELECT
            life,
            arraySort(groupArray(number(ended_at, duration_ms, status))) AS tries,
            arrayFilter(try -> bitAnd(try, 1) = 1, tries) AS failed,
            arrayCompact(try -> bitAnd(try, 1), tries) AS turns,
            arrayFilter(try -> bitAnd(try, 1) = 1, turns) AS begins,
            arrayFilter(try -> bitAnd(try, 1) = 0, if(bitAnd(turns[1], 1) = 1, turns, arrayPopFront(turns))) AS ends,
            arrayMap(try -> indexOf(failed, try), begins) AS firsts,
            arrayZip(begins, arrayResize(ends, length(begins), toUInt64(0)), arrayMap((i, next) -> next - i, firsts, arrayResize(arrayPopFront(firsts), length(begins), length(failed) + 1))) AS reds
        FROM attempts_by_day FINAL
        WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > $__fromTime - INTERVAL 14 DAY
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        GROUP BY life
        HAVING countIf(status != 'FAILED' AND ended_at < $__fromTime) > 0 AND countIf(status = 'FAILED') > 0
    )
    ARRAY JOIN reds AS red
    WHERE red_since >= $__fromTime OR green_at >= $__fromTime
    UNION ALL
    SELECT cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage), red_since, green_at, failures
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
