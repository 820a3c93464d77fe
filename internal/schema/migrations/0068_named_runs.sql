-- An incident may name a run that deployed long before it began: that run's
-- deployments are looked up by the run, not in the time before the incidents.
ALTER TABLE judged_deployments
    ADD INDEX IF NOT EXISTS run_bloom run_id TYPE bloom_filter(0.001) GRANULARITY 1;

CREATE OR REPLACE VIEW dora_incidents AS
SELECT
    i.tenant AS tenant, i.incident_id AS incident_id, i.service AS service, i.environment AS environment, i.started_at AS started_at,
    if(i.resolved_at <= {as_of:DateTime64(3, 'UTC')}, i.resolved_at, NULL) AS resolved_at,
    i.title AS title, i.source AS source, i.severity AS severity, i.url AS url, i.deployment_run_id AS linked_run_id,
    d.how AS how, d.project_id AS project_id, d.pipeline_id AS pipeline_id, d.run_id AS run_id, d.finished_at AS deployed_at,
    multiIf(
        how != '', '',
        linked_run_id != '', 'the linked run deployed nothing of this service',
        i.service = '', 'it names no service and no run',
        'no deployment of the service to this environment was the last before it within the attribution window') AS reason
FROM incidents AS i
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, at AS finished_at, incident.1 AS incident_id, incident.4 AS how
    FROM dora_rows(since = (SELECT {since:DateTime64(3, 'UTC')} - toIntervalMillisecond(attribution_ms) FROM deployment_rules_in_force), as_of = {as_of:DateTime64(3, 'UTC')})
    ARRAY JOIN incidents AS incident
    WHERE how = 'after it'
    UNION ALL
    SELECT tenant, project_id, pipeline_id, run_id, at, incident.1, incident.4 AS how
    FROM dora_rows(since = toDateTime64(0, 3, 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')})
    ARRAY JOIN incidents AS incident
    WHERE how = 'linked'
        AND (tenant, run_id) IN (SELECT tenant, deployment_run_id FROM incident_states WHERE deployment_run_id != '' AND started_at >= {since:DateTime64(3, 'UTC')})
) AS d ON d.tenant = i.tenant AND d.incident_id = i.incident_id
WHERE i.started_at >= {since:DateTime64(3, 'UTC')} AND i.started_at <= {as_of:DateTime64(3, 'UTC')};

-- As in 0062_first_seen.sql; a commit of which no time is known has its title and
-- author too.
CREATE OR REPLACE VIEW shipped_changes_now AS
WITH sources AS (SELECT tenant, source FROM delivery_sources WHERE unit IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64}))
SELECT
    unit, tenant, project_id, service, environment, codehub_id, change AS commit_id, at, tier, project, changed_at AS committed_at, title, author_name,
    pipeline_id, pipeline, run_id, run_number, stage, rule,
    multiIf(
        tier = 'B' AND prev_commit = '' OR tier = 'C' AND row_number() OVER repository = 1, 'baseline',
        tier = 'B' AND changed_at <= prev_committed_at, 'older',
        tier = 'C' AND change != '' AND row_number() OVER commit > 1, 'repeated',
        '') AS exception
FROM
(
    SELECT
        s.*,
        k.committed_at AS changed_at, k.title AS title, k.author_name AS author_name,
        multiIf(known, 'A', changed_at IS NOT NULL, 'B', 'C') AS tier
    FROM
    (
        SELECT
            d.*,
            r.complete AS known,
            arrayJoin(if(known, r.commit_ids, [d.commit_id])) AS change
        FROM (SELECT * FROM unit_attempts(batch = {batch:UInt64}) WHERE succeeded) AS d
        LEFT JOIN (SELECT * FROM commit_range_states FINAL WHERE found AND complete AND (tenant, repository_id) IN (sources)) AS r
            ON r.tenant = d.tenant AND r.repository_id = d.codehub_id AND r.from_commit = d.prev_commit AND r.to_commit = d.commit_id
    ) AS s
    ANY LEFT JOIN (SELECT tenant, repository_id, commit_id, committed_at, title, author_name FROM commit_states FINAL WHERE found AND (tenant, repository_id) IN (sources)) AS k
        ON k.tenant = s.tenant AND k.repository_id = s.codehub_id AND k.commit_id = s.change
)
WINDOW
    repository AS (PARTITION BY tenant, project_id, service, environment, codehub_id ORDER BY at, run_id, position, start_text),
    commit AS (PARTITION BY tenant, project_id, service, environment, codehub_id, change ORDER BY at, run_id, position, start_text)
ORDER BY at, tier, run_id, position, start_text
LIMIT 1 BY tenant, project_id, service, environment, codehub_id, change, if(tier = 'C', (run_id, position, start_text), ('', 0, ''));

-- What was kept is judged anew, and stored with the index.
INSERT INTO deployment_rebuilds
SELECT greatest(now64(3, 'UTC'), max(at) + INTERVAL 1 MILLISECOND) FROM deployment_rebuilds
HAVING (SELECT count() FROM judged_deployments) > 0;
