-- Runs as they were at a time (parameter as_of): those that were there then,
-- with the status that they had. A run that was over by then has its last
-- status; of one that ended or was retried later it is the one that was seen
-- last by then, '' if nobody was watching yet.
-- A run that CodeArts no longer keeps, or whose pipeline is deleted, was there
-- until that was seen. As of now they are those of runs_current.
CREATE VIEW IF NOT EXISTS runs_as_of AS
WITH {as_of:DateTime64(3, 'UTC')} AS moment
SELECT r.* REPLACE if(ifNull(r.ended_at <= moment, false), r.status, s.status) AS status
FROM
(
    SELECT *
    FROM runs FINAL
    WHERE ifNull(started_at, observed_at) <= moment
        AND NOT (op IN ('deleted', 'expired') AND observed_at <= moment)
        AND (tenant, project_id, pipeline_id) NOT IN
        (
            SELECT tenant, project_id, pipeline_id
            FROM pipelines
            GROUP BY tenant, project_id, pipeline_id
            HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= moment), pipelines.ver) = (1, true)
        )
) AS r
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, argMax(CAST(run_states.status, 'String'), run_states.ver) AS status
    FROM run_states
    WHERE run_states.observed_at <= moment
        AND (tenant, project_id, pipeline_id, run_id) IN
        (
            SELECT tenant, project_id, pipeline_id, run_id
            FROM runs FINAL
            WHERE ifNull(started_at, observed_at) <= moment AND (ended_at IS NULL OR ended_at > moment)
        )
    GROUP BY tenant, project_id, pipeline_id, run_id
) AS s ON s.tenant = r.tenant AND s.project_id = r.project_id AND s.pipeline_id = r.pipeline_id AND s.run_id = r.run_id;

-- Those of them that were not over. What may be one is looked up first, in the
-- few columns that say so and in every version that a run has had; only of those
-- runs the newest version is read.
CREATE VIEW IF NOT EXISTS open_runs_as_of AS
WITH {as_of:DateTime64(3, 'UTC')} AS moment
SELECT *
FROM
(
    SELECT r.* REPLACE if(ifNull(r.ended_at <= moment, false), r.status, s.status) AS status
    FROM
    (
        SELECT *
        FROM runs FINAL
        PREWHERE (tenant, project_id, pipeline_id, run_id) IN
        (
            SELECT tenant, project_id, pipeline_id, run_id
            FROM runs
            WHERE ifNull(started_at, observed_at) <= moment AND (ended_at IS NULL OR ended_at > moment OR status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED'))
        )
        WHERE ifNull(started_at, observed_at) <= moment
            AND NOT (op IN ('deleted', 'expired') AND observed_at <= moment)
            AND (tenant, project_id, pipeline_id) NOT IN
            (
                SELECT tenant, project_id, pipeline_id
                FROM pipelines
                GROUP BY tenant, project_id, pipeline_id
                HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= moment), pipelines.ver) = (1, true)
            )
    ) AS r
    LEFT JOIN
    (
        SELECT tenant, project_id, pipeline_id, run_id, argMax(CAST(run_states.status, 'String'), run_states.ver) AS status
        FROM run_states
        WHERE run_states.observed_at <= moment
            AND (tenant, project_id, pipeline_id, run_id) IN
            (
                SELECT tenant, project_id, pipeline_id, run_id
                FROM runs
                WHERE ifNull(started_at, observed_at) <= moment AND (ended_at IS NULL OR ended_at > moment)
            )
        GROUP BY tenant, project_id, pipeline_id, run_id
    ) AS s ON s.tenant = r.tenant AND s.project_id = r.project_id AND s.pipeline_id = r.pipeline_id AND s.run_id = r.run_id
)
WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED');

-- Failed stages at a time: those of the newest run of every pipeline, while
-- that run was failed. Of several attempts of a stage it is the latest by then.
-- The status of a run that was over by then is its last one, of another run the
-- one that was seen last, as in runs_as_of. A run's attempts are looked for on the
-- days from its start to its end, with one of room for the zones of their dates.
CREATE VIEW IF NOT EXISTS failed_stages_as_of AS
WITH {as_of:DateTime64(3, 'UTC')} AS moment
SELECT
    a.tenant AS tenant,
    a.project_id AS project_id,
    a.pipeline_id AS pipeline_id,
    p.name AS pipeline,
    p.project_name AS project_name,
    a.run_id AS run_id,
    a.run_number AS run_number,
    a.position AS position,
    a.name AS stage,
    a.started_at AS started_at,
    a.ended_at AS ended_at,
    a.executor_name AS executor_name,
    a.commit_id AS commit_id,
    a.target_branch AS target_branch
FROM
(
    SELECT *
    FROM attempts_by_day FINAL
    PREWHERE (tenant, day, project_id, pipeline_id, run_id) IN
    (
        SELECT
            tenant,
            arrayJoin(arrayMap(d -> toDate(ifNull(started_at, observed_at - INTERVAL 90 DAY)) - 1 + d, range(toUInt32(3 + greatest(dateDiff('day', ifNull(started_at, observed_at - INTERVAL 90 DAY), least(ifNull(ended_at, moment), moment)), 0))))) AS day,
            project_id,
            pipeline_id,
            run_id
        FROM runs
        PREWHERE ver IN
        (
            SELECT newest.2
            FROM
            (
                SELECT tenant, project_id, pipeline_id, max((assumeNotNull(run_number), ver)) AS newest
                FROM runs FINAL
                WHERE run_number IS NOT NULL
                    AND ifNull(started_at, observed_at) <= moment
                    AND NOT (op IN ('deleted', 'expired') AND observed_at <= moment)
                GROUP BY tenant, project_id, pipeline_id
                SETTINGS optimize_aggregation_in_order = 1
            )
        )
        WHERE if(ifNull(ended_at <= moment, false), status = 'FAILED', (tenant, project_id, pipeline_id, run_id) IN
            (
                SELECT tenant, project_id, pipeline_id, run_id
                FROM run_states
                WHERE run_states.observed_at <= moment
                    AND (tenant, project_id, pipeline_id, run_id) IN
                    (
                        SELECT tenant, project_id, pipeline_id, run_id
                        FROM runs
                        WHERE ifNull(started_at, observed_at) <= moment AND (ended_at IS NULL OR ended_at > moment)
                    )
                GROUP BY tenant, project_id, pipeline_id, run_id
                HAVING argMax(CAST(run_states.status, 'String'), run_states.ver) = 'FAILED'
            ))
            AND (tenant, project_id, pipeline_id) NOT IN
            (
                SELECT tenant, project_id, pipeline_id
                FROM pipelines
                GROUP BY tenant, project_id, pipeline_id
                HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= moment), pipelines.ver) = (1, true)
            )
    )
    WHERE ifNull(started_at <= moment, true)
    ORDER BY started_at DESC, ver DESC
    LIMIT 1 BY tenant, project_id, pipeline_id, run_id, position, name
) AS a
INNER JOIN
(
    SELECT tenant, project_id, pipeline_id, argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS name, argMaxIf(pipelines.project_name, pipelines.ver, pipelines.project_name != '') AS project_name
    FROM pipelines
    GROUP BY tenant, project_id, pipeline_id
) AS p ON p.tenant = a.tenant AND p.project_id = a.project_id AND p.pipeline_id = a.pipeline_id
WHERE a.status = 'FAILED';

CREATE OR REPLACE VIEW failed_stages_now AS SELECT * FROM failed_stages_as_of(as_of = now64(3, 'UTC'));

-- Every observed state of a build account, for what it was at a time;
-- build_tenants has the newest.
CREATE TABLE IF NOT EXISTS build_tenant_states
(
    tenant             LowCardinality(String),
    domain_id          String,
    domain_name        String,
    service_name       LowCardinality(String),
    region             LowCardinality(String),
    package_type       LowCardinality(String),
    free_quota         Bool,
    free_package_quota Bool,
    status             Int32,
    spec_thresholds    Array(Tuple(spec String, threshold Nullable(Int64))),
    op                 LowCardinality(String),
    observed_at        DateTime64(3, 'UTC'),
    ver                UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, domain_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS build_tenant_states_mv TO build_tenant_states AS
WITH JSONExtract(body, 'Tuple(
    domain_name String,
    service_name String,
    region String,
    package_type String,
    free_quota Bool,
    free_package_quota Bool,
    status Int32,
    spec_threshold String)') AS b
SELECT
    tenant,
    id AS domain_id,
    b.domain_name AS domain_name,
    b.service_name AS service_name,
    b.region AS region,
    b.package_type AS package_type,
    b.free_quota AS free_quota,
    b.free_package_quota AS free_package_quota,
    b.status AS status,
    JSONExtract(b.spec_threshold, 'Array(Tuple(spec String, threshold Nullable(Int64)))') AS spec_thresholds,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'build_tenant';

-- Whether a repository was locked, for each observed state of it: what
-- repository_sizes does not have. NULL: CodeArts did not say.
CREATE TABLE IF NOT EXISTS repository_locks
(
    tenant        LowCardinality(String),
    repository_id UInt64,
    locked        Nullable(Bool),
    op            LowCardinality(String),
    observed_at   DateTime64(3, 'UTC'),
    ver           UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, repository_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS repository_locks_mv TO repository_locks AS
SELECT
    tenant,
    toUInt64OrZero(id) AS repository_id,
    JSONExtract(body, 'locked', 'Nullable(Bool)') AS locked,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'repository';
