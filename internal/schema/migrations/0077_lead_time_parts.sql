-- The parts of a lead time: from the commit to the start of the run that deployed it,
-- and from there to the end of the deployment.

ALTER TABLE shipped_changes ADD COLUMN IF NOT EXISTS run_started_at Nullable(DateTime64(3, 'UTC'));

-- As in 0068_named_runs.sql, and when the run began. An event of the run is one of its
-- deployments too, so that another start is judged anew.
CREATE OR REPLACE VIEW shipped_changes_now AS
WITH sources AS (SELECT tenant, source FROM delivery_sources WHERE unit IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64}))
SELECT
    unit, tenant, project_id, service, environment, codehub_id, change AS commit_id, at, tier, project, changed_at AS committed_at, title, author_name,
    pipeline_id, pipeline, run_id, run_number, stage, rule,
    multiIf(
        tier = 'B' AND prev_commit = '' OR tier = 'C' AND row_number() OVER repository = 1, 'baseline',
        tier = 'B' AND changed_at <= prev_committed_at, 'older',
        tier = 'C' AND change != '' AND row_number() OVER commit > 1, 'repeated',
        '') AS exception,
    run_started_at
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
        FROM
        (
            SELECT a.*, b.started_at AS run_started_at
            FROM unit_attempts(batch = {batch:UInt64}) AS a
            ANY LEFT JOIN
            (
                SELECT tenant, project_id, pipeline_id, run_id, started_at
                FROM runs FINAL
                WHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM deployment_terms WHERE (tenant, pipeline_id) IN (sources))
            ) AS b
                ON b.tenant = a.tenant AND b.project_id = a.project_id AND b.pipeline_id = a.pipeline_id AND b.run_id = a.run_id
            WHERE a.succeeded
        ) AS d
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

-- What was kept is judged anew.
INSERT INTO deployment_rebuilds
SELECT greatest(now64(3, 'UTC'), max(at) + INTERVAL 1 MILLISECOND) FROM deployment_rebuilds
HAVING (SELECT count() FROM shipped_changes) > 0;

-- As in 0062_first_seen.sql, and the parts of the lead time, or of the time since the
-- commit was first seen: wait_s and delivery_s, which add up to it, and so one of them
-- is negative where clocks differ. Only where none is, the change is split.
CREATE OR REPLACE VIEW dora_changes AS
SELECT
    unit, tenant, project_id, service, environment, codehub_id, commit_id, at AS finished_at, tier, project, committed_at, title, author_name,
    pipeline_id, pipeline, run_id, run_number, stage, rule,
    dateDiff('millisecond', committed_at, finished_at) / 1000 AS seconds,
    exception,
    exception = '' AND ifNull(seconds >= 0, false) AS counted,
    multiIf(counted, 'counted', exception != '', exception, seen_s IS NOT NULL, 'first seen', seconds IS NULL, 'no time', 'negative') AS state,
    if(counted, seconds, NULL) AS lead_s,
    first_seen_at,
    if(first_seen_at <= finished_at, dateDiff('millisecond', first_seen_at, finished_at) / 1000, NULL) AS seen_s,
    run_started_at,
    round(ifNull(seconds, seen_s) - delivery_s, 3) AS wait_s,
    dateDiff('millisecond', run_started_at, finished_at) / 1000 AS delivery_s,
    ifNull(wait_s >= 0 AND delivery_s >= 0, false) AS split
FROM
(
    SELECT c.*, f.first_seen_at AS first_seen_at
    FROM
    (
        SELECT *, commit
        FROM shipped_changes
        WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')}
    ) AS c
    LEFT ANY JOIN
    (
        SELECT commit, toNullable(min(commit_sightings.seen_at)) AS first_seen_at
        FROM commit_sightings
        WHERE commit IN
        (
            SELECT commit
            FROM shipped_changes
            WHERE commit > 0 AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')}
        )
        GROUP BY commit
    ) AS f ON f.commit = c.commit
);

-- As in 0042_dora_rows.sql, from the changes alone: they know when their runs began.
CREATE OR REPLACE VIEW dora_deliveries AS
SELECT * EXCEPT (seconds, lead_s, state, run_started_at, wait_s, split), run_started_at AS triggered_at
FROM dora_changes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
WHERE tier = 'C';
