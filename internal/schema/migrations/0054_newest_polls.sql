-- The newest poll records, so that nobody looks for them among all: each poller of
-- each scope writes one a minute, a hundred million a year in a tenant of fifty
-- projects, and what is asked most is when each was last well.

-- The newest record of each poller and scope (what = 'record'), the newest one that
-- ended a round ('round'), one without an error that was believed ('good'), and one
-- that listed everything without an error ('complete').
CREATE TABLE IF NOT EXISTS newest_polls
(
    tenant      LowCardinality(String),
    scope       LowCardinality(String),
    poller      LowCardinality(String),
    what        LowCardinality(String),
    kinds       Array(LowCardinality(String)),
    finished_at Nullable(DateTime64(3, 'UTC')),
    total       Int64,
    errors      UInt32,
    held        UInt32,
    observed_at DateTime64(3, 'UTC'),
    stored_at   DateTime64(9, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, scope, poller, what);

CREATE MATERIALIZED VIEW IF NOT EXISTS newest_polls_mv TO newest_polls AS
SELECT
    tenant, scope, poller,
    arrayJoin(arrayFilter(w -> w != '', ['record', if(last, 'round', ''), if(last AND errors = 0 AND held = 0, 'good', ''), if(last AND complete AND errors = 0, 'complete', '')])) AS what,
    kinds, finished_at, total, errors, held, observed_at, stored_at, ver
FROM polls;

INSERT INTO newest_polls
SELECT tenant, scope, poller, what, newest.1, newest.2, newest.3, newest.4, newest.5, newest.6, newest.7, newest_ver
FROM
(
    SELECT
        tenant, scope, poller,
        arrayJoin(arrayFilter(w -> w != '', ['record', if(last, 'round', ''), if(last AND errors = 0 AND held = 0, 'good', ''), if(last AND complete AND errors = 0, 'complete', '')])) AS what,
        argMax((kinds, finished_at, total, errors, held, observed_at, stored_at), polls.ver) AS newest,
        max(polls.ver) AS newest_ver
    FROM polls
    GROUP BY tenant, scope, poller, what
);

-- As in 0012_polls.sql.
CREATE OR REPLACE VIEW freshness AS
SELECT
    tenant,
    scope,
    poller,
    anyIf(p.kinds, what = 'round') AS kinds,
    maxIf(p.finished_at, what = 'round') AS last_poll_at,
    maxIf(p.finished_at, what = 'good') AS last_good_poll_at,
    maxIf(p.finished_at, what = 'complete') AS last_complete_at,
    anyIf(toNullable(p.total), what = 'complete') AS last_complete_total,
    anyIf(p.errors, what = 'round') AS last_errors,
    anyIf(p.held, what = 'round') AS last_held,
    maxIf(p.ver, what = 'round') AS ver
FROM newest_polls AS p FINAL
WHERE what != 'record'
GROUP BY tenant, scope, poller;

-- As in 0022_projects.sql.
CREATE OR REPLACE VIEW projects AS
SELECT
    tenant,
    project_id,
    if(best = '', project_id, best) AS project,
    state.1 AS type,
    state.2 AS creator_name,
    state.3 AS created_at
FROM
(
    SELECT
        tenant,
        project_id,
        argMaxIf(name, (listed, ver), name != '') AS best,
        argMaxIf((source.type, source.creator_name, source.created_at), ver, listed) AS state
    FROM
    (
        SELECT tenant, project_id, name, type, creator_name, created_at, true AS listed, ver FROM project_states
        UNION ALL
        SELECT tenant, project_id, project_name, '', '', NULL, false, ver FROM pipelines
        UNION ALL
        SELECT tenant, project_id, project_name, '', '', NULL, false, ver FROM repositories
        UNION ALL
        SELECT DISTINCT tenant, scope, '', '', '', NULL, false, 0 FROM newest_polls WHERE NOT startsWith(scope, '_')
    ) AS source
    WHERE project_id != ''
    GROUP BY tenant, project_id
);

-- As in 0050_dora_percentiles.sql.
CREATE OR REPLACE VIEW dora_services AS
SELECT
    d.tenant AS tenant,
    d.project_id AS project_id,
    any(d.project) AS project,
    d.service AS service,
    d.environment AS environment,
    min(least(d.first_at, greatest(ifNull(v.from_at, d.first_at), ifNull(p.created_at, toDateTime64(0, 3, 'UTC'))))) AS observed_since,
    min(v.complete AND c.missing = 0 AND ifNull(g.good_at >= least({to_at:DateTime64(3, 'UTC')}, {as_of:DateTime64(3, 'UTC')}) - INTERVAL 1 HOUR, false)) AS complete
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
LEFT JOIN (SELECT tenant, project_id, pipeline_id, assumeNotNull(high - low) + 1 - numbers AS missing FROM known_numbers) AS c
    ON c.tenant = d.tenant AND c.project_id = d.project_id AND c.pipeline_id = d.pipeline_id
LEFT JOIN
(
    SELECT tenant, scope, newest_polls.finished_at AS good_at
    FROM newest_polls FINAL
    WHERE poller = 'pipelines' AND what = 'complete'
) AS g ON g.tenant = d.tenant AND g.scope = d.project_id
GROUP BY tenant, project_id, service, environment;
