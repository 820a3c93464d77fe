-- As in 0055_dora_numbers.sql, but run numbers that CodeArts does not have leave the
-- deployments of a service completely known: it was asked for all up to through, so
-- that those alone that are missing above it may still be found.
CREATE OR REPLACE VIEW dora_services AS
SELECT
    d.unit AS unit,
    d.tenant AS tenant,
    d.project_id AS project_id,
    any(d.project) AS project,
    d.service AS service,
    d.environment AS environment,
    min(least(d.first_at, greatest(ifNull(v.from_at, d.first_at), ifNull(p.created_at, toDateTime64(0, 3, 'UTC'))))) AS observed_since,
    min(v.complete AND NOT c.pending AND ifNull(g.good_at >= least({to_at:DateTime64(3, 'UTC')}, {as_of:DateTime64(3, 'UTC')}) - INTERVAL 1 HOUR, false)) AS complete
FROM
(
    SELECT *
    FROM judged_pipelines
    WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND first_at < {to_at:DateTime64(3, 'UTC')} AND first_at <= {as_of:DateTime64(3, 'UTC')}
) AS d
LEFT JOIN (SELECT tenant, project_id, pipeline_id, from_at, complete FROM coverage FINAL) AS v
    ON v.tenant = d.tenant AND v.project_id = d.project_id AND v.pipeline_id = d.pipeline_id
LEFT JOIN (SELECT tenant, project_id, pipeline_id, created_at FROM pipelines FINAL) AS p
    ON p.tenant = d.tenant AND p.project_id = d.project_id AND p.pipeline_id = d.pipeline_id
LEFT JOIN
(
    SELECT
        n.tenant AS tenant, n.project_id AS project_id, n.pipeline_id AS pipeline_id,
        arrayFilter(number -> number > any(h.through), groupArrayArray(arrayMap(position -> 64 * toInt64(n.block) + position, bitPositionsToArray(n.bits)))) AS newer,
        notEmpty(newer) AND length(newer) < arrayMax(newer) - any(h.through) AS pending
    FROM (SELECT tenant, project_id, pipeline_id, block, bits FROM run_numbers FINAL WHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM judged_pipelines)) AS n
    INNER JOIN (SELECT tenant, project_id, pipeline_id, through FROM coverage FINAL WHERE complete) AS h
        ON h.tenant = n.tenant AND h.project_id = n.project_id AND h.pipeline_id = n.pipeline_id
    WHERE n.block >= intDiv(h.through, 64)
    GROUP BY tenant, project_id, pipeline_id
) AS c ON c.tenant = d.tenant AND c.project_id = d.project_id AND c.pipeline_id = d.pipeline_id
LEFT JOIN
(
    SELECT tenant, scope, newest_polls.finished_at AS good_at
    FROM newest_polls FINAL
    WHERE poller = 'pipelines' AND what = 'complete'
) AS g ON g.tenant = d.tenant AND g.scope = d.project_id
GROUP BY unit, tenant, project_id, service, environment;
