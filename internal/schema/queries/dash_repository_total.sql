-- Size of all repositories together, as seen at each time; a deleted one counts
-- no more. What Artery has not seen yet does not count, so the line starts when
-- watching began.
SELECT time, sum(delta) OVER (PARTITION BY tenant ORDER BY time) AS total_mb, tenant
FROM
(
    SELECT time, tenant, sum(change) AS delta
    FROM
    (
        SELECT
            greatest($__timeInterval(observed_at), $__fromTime) AS time,
            tenant,
            size_mb - lagInFrame(size_mb, 1, 0) OVER (PARTITION BY tenant, repository_id ORDER BY observed_at, ver ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS change
        FROM
        (
            SELECT tenant, repository_id, observed_at, ver, if(op IN ('deleted', 'expired'), 0, capacity_mb) AS size_mb
            FROM repository_sizes FINAL
            WHERE observed_at <= $__toTime
                AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
                AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        )
        UNION ALL
        SELECT least($__toTime, now()) AS time, tenant, 0. AS change
        FROM
        (
            SELECT DISTINCT tenant
            FROM repository_sizes FINAL
            WHERE observed_at <= $__toTime
                AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
                AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        )
    )
    GROUP BY time, tenant
)
ORDER BY time, tenant
