-- Notes of each service how many deployments that ended in the last 400 days the rules
-- in force read otherwise than those of before, whose generation of kept attempts is
-- still there right after the change (0030_deployments.sql); if it is not, nothing.
INSERT INTO reread_deployments (tenant, project_id, service, environment, version_before, version, change, n, reread_at)
SELECT tenant, project_id, unit.1, unit.2, {before:String}, (SELECT version FROM deployment_rules_in_force), change, count(), now64(3, 'UTC')
FROM
(
    SELECT
        tenant, project_id,
        arrayJoin(multiIf(
            was.1 = '', [(is, 'added')],
            is.1 = '', [(was, 'removed')],
            was != is, [(is, 'moved here'), (was, 'moved away')],
            [(is, 'marked otherwise')])) AS reading,
        reading.1 AS unit,
        reading.2 AS change
    FROM
    (
        SELECT
            any(a.tenant) AS tenant, any(a.project_id) AS project_id,
            anyIf((CAST(service, 'String'), CAST(environment, 'String')), generation = {generation:UInt64}) AS was,
            anyIf((CAST(service, 'String'), CAST(environment, 'String')), generation != {generation:UInt64}) AS is,
            anyIf(marker, generation = {generation:UInt64}) AS was_marker,
            anyIf(marker, generation != {generation:UInt64}) AS is_marker
        FROM deployment_attempts AS a FINAL
        WHERE selected AND status = 'COMPLETED' AND finished_at >= now64(3, 'UTC') - INTERVAL 400 DAY AND terms IN
        (
            SELECT argMax(terms, batch)
            FROM deployment_terms
            WHERE in_force AND generation IN ({generation:UInt64}, (SELECT generation FROM deployment_generation))
            GROUP BY generation, tenant, project_id, pipeline_id
        )
        GROUP BY sipHash64(a.tenant, a.project_id, a.pipeline_id, a.run_id, a.position, a.stage, a.start_text)
    )
    WHERE (was, was_marker) != (is, is_marker)
)
WHERE {generation:UInt64} IN (SELECT generation FROM deployment_terms WHERE in_force)
GROUP BY tenant, project_id, unit, change
