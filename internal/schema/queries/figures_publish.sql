-- Publishes the figures of the days [from_at, to_at) that were not published
-- yet, and those that differ from what was published last. A figure that may
-- still change by itself is left out: while a failure of its day is open there
-- is no recovery time; and nothing is published of a service whose runs are not
-- completely known. A figure whose service is gone is published as nothing.
INSERT INTO published_figures (tenant, project_id, service, environment, metric, day, value, n, rules_version, published_at)
SELECT
    tenant, project_id, service, environment, metric, day,
    if(c.found, c.value, NULL),
    if(c.found, c.n, 0),
    (SELECT version FROM deployment_rules_in_force),
    {as_of:DateTime64(3, 'UTC')}
FROM
(
    SELECT
        tenant, project_id, service, environment, toDate(bucket_from, {zone:String}) AS day,
        f.1 AS metric, f.2 AS value, f.3 AS n, true AS found, complete AND NOT (metric = 'recovery time p50' AND open_failures > 0) AS final
    FROM dora_numbers(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, bucket = 'day', zone = {zone:String})
    ARRAY JOIN
    [
        ('deployments', toNullable(toFloat64(deployments)), toUInt64(deployments)),
        ('lead time p50', lead_p50, toUInt64(changes)),
        ('change fail rate', fail_ratio, toUInt64(mature)),
        ('recovery time p50', recovery_p50, toUInt64(failures)),
        ('rework rate', rework_ratio, toUInt64(deployments))
    ] AS f
) AS c
FULL OUTER JOIN
(
    SELECT tenant, project_id, service, environment, metric, day, argMax((published_figures.value, published_figures.n), published_at) AS last, true AS found
    FROM published_figures
    WHERE day >= toDate({from_at:DateTime64(3, 'UTC')}, {zone:String}) AND day < toDate({to_at:DateTime64(3, 'UTC')}, {zone:String})
    GROUP BY tenant, project_id, service, environment, metric, day
) AS p USING (tenant, project_id, service, environment, metric, day)
WHERE multiIf(
    NOT c.found, p.last.2 > 0 OR p.last.1 IS NOT NULL,
    NOT c.final, false,
    NOT p.found, true,
    c.n != p.last.2 OR ifNull(c.value, -1) != ifNull(p.last.1, -1))
