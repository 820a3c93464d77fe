CREATE TABLE build_groups
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `group_id` String,
    `parent_id` String,
    `path_id` String,
    `depth` UInt8,
    `ordinal` Int32,
    `name` String,
    `domain_id` LowCardinality(String),
    `creator` LowCardinality(String),
    `updater` LowCardinality(String),
    `created_text` String,
    `updated_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `is_deleted` UInt8,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, group_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW build_groups_mv TO build_groups
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `group_id` String,
    `parent_id` String,
    `path_id` String,
    `depth` UInt8,
    `ordinal` Int32,
    `name` String,
    `domain_id` String,
    `creator` String,
    `updater` String,
    `created_text` String,
    `updated_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `is_deleted` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    parent_id String,\n    path_id String,\n    ordinal Int32,\n    name String,\n    domain_id String,\n    create_user String,\n    update_user String,\n    create_time String,\n    update_time String)') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS group_id,
    b.parent_id AS parent_id,
    b.path_id AS path_id,
    toUInt8(length(splitByChar('.', b.path_id))) AS depth,
    b.ordinal AS ordinal,
    b.name AS name,
    b.domain_id AS domain_id,
    b.create_user AS creator,
    b.update_user AS updater,
    b.create_time AS created_text,
    b.update_time AS updated_text,
    parseDateTime64BestEffortOrNull(b.create_time, 3, 'UTC') AS created_at,
    parseDateTime64BestEffortOrNull(b.update_time, 3, 'UTC') AS updated_at,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'build_group';

CREATE TABLE build_tenants
(
    `tenant` LowCardinality(String),
    `domain_id` String,
    `domain_name` String,
    `service_name` LowCardinality(String),
    `free_quota` Bool,
    `free_package_quota` Bool,
    `status` Int32,
    `is_federation` Int32,
    `is_whitelist` Int32,
    `region` LowCardinality(String),
    `package_type` LowCardinality(String),
    `domain_type` Int32,
    `domain_business_type` LowCardinality(String),
    `domain_malicious_docker_args` String,
    `allow_custom_env` Int32,
    `spec_threshold` String,
    `spec_thresholds` Array(Tuple(
        spec String,
        threshold Nullable(Int64))),
    `op` LowCardinality(String),
    `is_deleted` UInt8,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, domain_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW build_tenants_mv TO build_tenants
(
    `tenant` LowCardinality(String),
    `domain_id` String,
    `domain_name` String,
    `service_name` String,
    `free_quota` Bool,
    `free_package_quota` Bool,
    `status` Int32,
    `is_federation` Int32,
    `is_whitelist` Int32,
    `region` String,
    `package_type` String,
    `domain_type` Int32,
    `domain_business_type` String,
    `domain_malicious_docker_args` String,
    `allow_custom_env` Int32,
    `spec_threshold` String,
    `spec_thresholds` Array(Tuple(
        spec String,
        threshold Nullable(Int64))),
    `op` LowCardinality(String),
    `is_deleted` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    domain_name String,\n    service_name String,\n    free_quota Bool,\n    free_package_quota Bool,\n    status Int32,\n    is_federation Int32,\n    is_whitelist Int32,\n    region String,\n    package_type String,\n    domain_type Int32,\n    domain_business_type String,\n    domain_malicious_docker_args String,\n    allow_custom_env Int32,\n    spec_threshold String)') AS b
SELECT
    tenant,
    id AS domain_id,
    b.domain_name AS domain_name,
    b.service_name AS service_name,
    b.free_quota AS free_quota,
    b.free_package_quota AS free_package_quota,
    b.status AS status,
    b.is_federation AS is_federation,
    b.is_whitelist AS is_whitelist,
    b.region AS region,
    b.package_type AS package_type,
    b.domain_type AS domain_type,
    b.domain_business_type AS domain_business_type,
    b.domain_malicious_docker_args AS domain_malicious_docker_args,
    b.allow_custom_env AS allow_custom_env,
    b.spec_threshold AS spec_threshold,
    JSONExtract(b.spec_threshold, 'Array(Tuple(spec String, threshold Nullable(Int64)))') AS spec_thresholds,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'build_tenant';

CREATE VIEW completeness
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `stored` UInt64,
    `expected` UInt64,
    `missing` Int64,
    `completeness` Nullable(Float64),
    `lowest` Nullable(UInt32),
    `highest` Nullable(UInt32),
    `unnumbered` UInt64
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    uniqExact(run_number) AS stored,
    toUInt64(ifNull((max(run_number) - min(run_number)) + 1, 0)) AS expected,
    expected - stored AS missing,
    if(expected = 0, NULL, stored / expected) AS completeness,
    min(run_number) AS lowest,
    max(run_number) AS highest,
    countIf(run_number IS NULL) AS unnumbered
FROM runs
FINAL
GROUP BY
    tenant,
    project_id,
    pipeline_id;

CREATE TABLE coverage
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `from_at` Nullable(DateTime64(3, 'UTC')),
    `to_at` Nullable(DateTime64(3, 'UTC')),
    `total` Int64,
    `complete` Bool,
    `op` LowCardinality(String),
    `is_deleted` UInt8,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, pipeline_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW coverage_mv TO coverage
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `from_at` Nullable(DateTime64(3, 'UTC')),
    `to_at` Nullable(DateTime64(3, 'UTC')),
    `total` Int64,
    `complete` Bool,
    `op` LowCardinality(String),
    `is_deleted` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(from Int64, to Int64, total Int64, complete Bool)') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS pipeline_id,
    fromUnixTimestamp64Milli(nullIf(b.`from`, 0), 'UTC') AS from_at,
    fromUnixTimestamp64Milli(nullIf(b.to, 0), 'UTC') AS to_at,
    b.total AS total,
    b.complete AS complete,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'coverage';

CREATE VIEW deployment_success
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` String,
    `day` Nullable(Date),
    `attempts` UInt64,
    `succeeded_count` UInt64,
    `failed_count` UInt64,
    `success_ratio` Float64
)
AS SELECT
    tenant,
    project_id,
    service,
    toDate(finished_at, 'UTC') AS day,
    count() AS attempts,
    countIf(succeeded) AS succeeded_count,
    countIf(NOT succeeded) AS failed_count,
    succeeded_count / attempts AS success_ratio
FROM deployments
WHERE (succeeded IS NOT NULL) AND (finished_at IS NOT NULL)
GROUP BY
    tenant,
    project_id,
    service,
    day;

CREATE VIEW deployments
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `service` String,
    `run_id` String,
    `run_number` Nullable(UInt32),
    `position` UInt16,
    `stage` LowCardinality(String),
    `status` LowCardinality(String),
    `succeeded` Nullable(Bool),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `commit_id` String,
    `target_branch` LowCardinality(String),
    `trigger_type` LowCardinality(String),
    `executor_name` LowCardinality(String)
)
AS SELECT
    a.tenant AS tenant,
    a.project_id AS project_id,
    a.pipeline_id AS pipeline_id,
    if(p.name = '', a.pipeline_id, p.name) AS service,
    a.run_id AS run_id,
    a.run_number AS run_number,
    a.position AS position,
    a.name AS stage,
    a.status AS status,
    multiIf(a.status = 'COMPLETED', true, a.status = 'FAILED', false, NULL) AS succeeded,
    a.started_at AS started_at,
    a.ended_at AS finished_at,
    a.duration_ms AS duration_ms,
    a.commit_id AS commit_id,
    a.target_branch AS target_branch,
    a.trigger_type AS trigger_type,
    a.executor_name AS executor_name
FROM
(
    SELECT *
    FROM stage_attempts
    FINAL
    WHERE match(name, '(?i)deploy.*prod|^prod|上线|production')
) AS a
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS name
    FROM pipelines
    GROUP BY
        tenant,
        project_id,
        pipeline_id
) AS p ON (p.tenant = a.tenant) AND (p.project_id = a.project_id) AND (p.pipeline_id = a.pipeline_id);

CREATE TABLE events
(
    `epoch` UInt16,
    `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
    `stream` LowCardinality(String),
    `stored_at` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `subject` String CODEC(ZSTD(1)),
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `kind` LowCardinality(String),
    `id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `ce_id` String CODEC(ZSTD(1)),
    `ce_type` LowCardinality(String),
    `ce_source` LowCardinality(String),
    `prev_hash` String CODEC(ZSTD(1)),
    `state_hash` String CODEC(ZSTD(1)),
    `poll_id` String CODEC(ZSTD(1)),
    `mark` String CODEC(ZSTD(1)),
    `zone` LowCardinality(String),
    `headers` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `body` String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(stored_at)
ORDER BY (tenant, scope, kind, id, epoch, seq)
SETTINGS index_granularity = 8192;

CREATE VIEW failed_stages_now
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `pipeline` String,
    `project_name` LowCardinality(String),
    `run_id` String,
    `run_number` Nullable(UInt32),
    `position` UInt16,
    `stage` LowCardinality(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `executor_name` LowCardinality(String),
    `commit_id` String,
    `target_branch` LowCardinality(String)
)
AS SELECT
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
    FROM stage_attempts
    FINAL
    WHERE (tenant, project_id, pipeline_id, run_id) IN (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            newest.1
        FROM
        (
            SELECT
                tenant,
                project_id,
                pipeline_id,
                argMax((run_id, status), (assumeNotNull(run_number), ver)) AS newest
            FROM runs
            FINAL
            WHERE run_number IS NOT NULL
            GROUP BY
                tenant,
                project_id,
                pipeline_id
        )
        WHERE (newest.2) = 'FAILED'
    )
    ORDER BY
        started_at DESC,
        ver DESC
    LIMIT 1 BY
        tenant,
        project_id,
        pipeline_id,
        run_id,
        position,
        name
) AS a
INNER JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        name,
        project_name
    FROM pipelines
    FINAL
) AS p ON (p.tenant = a.tenant) AND (p.project_id = a.project_id) AND (p.pipeline_id = a.pipeline_id)
WHERE a.status = 'FAILED';

CREATE VIEW freshness
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `poller` LowCardinality(String),
    `kinds` Array(String),
    `last_poll_at` Nullable(DateTime64(3, 'UTC')),
    `last_good_poll_at` Nullable(DateTime64(3, 'UTC')),
    `last_complete_at` Nullable(DateTime64(3, 'UTC')),
    `last_complete_total` Nullable(Int64),
    `last_errors` UInt32,
    `ver` UInt64
)
AS SELECT
    tenant,
    scope,
    poller,
    argMax(p.kinds, p.ver) AS kinds,
    max(p.finished_at) AS last_poll_at,
    maxIf(p.finished_at, p.errors = 0) AS last_good_poll_at,
    maxIf(p.finished_at, p.complete AND (p.errors = 0)) AS last_complete_at,
    argMaxIf(toNullable(p.total), p.ver, p.complete AND (p.errors = 0)) AS last_complete_total,
    argMax(p.errors, p.ver) AS last_errors,
    max(p.ver) AS ver
FROM polls AS p
WHERE p.last
GROUP BY
    tenant,
    scope,
    poller;

CREATE TABLE gate_history
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `gate_id` LowCardinality(String),
    `name` LowCardinality(String),
    `position` UInt16,
    `compare_type` LowCardinality(String),
    `is_check` Bool,
    `value` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, gate_id, name, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW gate_history_mv TO gate_history
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `gate_id` String,
    `name` String,
    `position` UInt16,
    `compare_type` String,
    `is_check` Bool,
    `value` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    project_id,
    gate_id,
    item.name AS name,
    toUInt16(number - 1) AS position,
    item.compareType AS compare_type,
    toBool(item.isCheck) AS is_check,
    item.value AS value,
    op,
    observed_at,
    ver
FROM
(
    WITH
        JSONExtract(body, 'Tuple(\n        result Tuple(\n            review_info Array(Tuple(\n                name String,\n                compareType String,\n                isCheck Int32,\n                value Nullable(Int64)))))') AS b
    SELECT
        tenant,
        if(scope = '_tenant', '', scope) AS project_id,
        id AS gate_id,
        b.result.review_info AS items,
        op,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM inventory_events
    WHERE kind = 'gate'
)
ARRAY JOIN
    items AS item,
    arrayEnumerate(items) AS number;

CREATE TABLE gate_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `gate_id` LowCardinality(String),
    `items` Array(Tuple(
        name String,
        compare_type String,
        is_check Int32,
        value Nullable(Int64))),
    `http_status` LowCardinality(String),
    `status` LowCardinality(String),
    `op` LowCardinality(String),
    `is_deleted` UInt8,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, gate_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW gate_states_mv TO gate_states
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `gate_id` String,
    `items` Array(Tuple(
        name String,
        compare_type String,
        is_check Int32,
        value Nullable(Int64))),
    `http_status` String,
    `status` String,
    `op` LowCardinality(String),
    `is_deleted` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    httpStatus String,\n    status String,\n    result Tuple(\n        review_info Array(Tuple(\n            name String,\n            compareType String,\n            isCheck Int32,\n            value Nullable(Int64)))))') AS b
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    id AS gate_id,
    CAST(arrayMap(i -> (i.name, i.compareType, i.isCheck, i.value), b.result.review_info), 'Array(Tuple(name String, compare_type String, is_check Int32, value Nullable(Int64)))') AS items,
    b.httpStatus AS http_status,
    b.status AS status,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'gate';

CREATE VIEW gates
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `gate_id` LowCardinality(String),
    `position` UInt16,
    `name` String,
    `compare_type` String,
    `is_check` Bool,
    `value` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    project_id,
    gate_id,
    toUInt16(number - 1) AS position,
    item.1 AS name,
    item.2 AS compare_type,
    toBool(item.3) AS is_check,
    item.4 AS value,
    op,
    observed_at,
    ver
FROM gate_states
FINAL
ARRAY JOIN
    items AS item,
    arrayEnumerate(items) AS number;

CREATE TABLE inventory_events
(
    `epoch` UInt16,
    `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
    `stream` LowCardinality(String),
    `stored_at` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `subject` String CODEC(ZSTD(1)),
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `kind` LowCardinality(String),
    `id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `ce_id` String CODEC(ZSTD(1)),
    `ce_type` LowCardinality(String),
    `ce_source` LowCardinality(String),
    `prev_hash` String CODEC(ZSTD(1)),
    `state_hash` String CODEC(ZSTD(1)),
    `poll_id` String CODEC(ZSTD(1)),
    `mark` String CODEC(ZSTD(1)),
    `zone` LowCardinality(String),
    `headers` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `body` String CODEC(ZSTD(1))
)
ENGINE = `Null`;

CREATE MATERIALIZED VIEW inventory_events_mv TO inventory_events
(
    `epoch` UInt16,
    `seq` UInt64,
    `stream` LowCardinality(String),
    `stored_at` DateTime64(9, 'UTC'),
    `subject` String,
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `kind` LowCardinality(String),
    `id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ce_id` String,
    `ce_type` LowCardinality(String),
    `ce_source` LowCardinality(String),
    `prev_hash` String,
    `state_hash` String,
    `poll_id` String,
    `mark` String,
    `zone` LowCardinality(String),
    `headers` Map(LowCardinality(String), String),
    `body` String
)
AS SELECT *
FROM events
WHERE kind IN ('pipeline', 'pipeline_group', 'build_group', 'repository', 'gate', 'build_tenant');

CREATE TABLE jobs
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `job_id` String,
    `stage_id` String,
    `stage_name` LowCardinality(String),
    `stage_position` UInt16,
    `position` UInt16,
    `category` LowCardinality(String),
    `sequence` Int32,
    `async` LowCardinality(String),
    `name` LowCardinality(String),
    `identifier` String,
    `depends_on` Array(String),
    `condition` String,
    `resource` String,
    `is_select` Bool,
    `timeout` LowCardinality(String),
    `last_dispatch_id` String,
    `exec_id` String,
    `status` LowCardinality(String),
    `message` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, job_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW jobs_mv TO jobs
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `job_id` String,
    `stage_id` String,
    `stage_name` String,
    `stage_position` UInt16,
    `position` UInt16,
    `category` String,
    `sequence` Int32,
    `async` String,
    `name` String,
    `identifier` String,
    `depends_on` Array(String),
    `condition` String,
    `resource` String,
    `is_select` Bool,
    `timeout` String,
    `last_dispatch_id` String,
    `exec_id` String,
    `status` String,
    `message` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    if(job.id = '', concat(toString(stage_position), '/', toString(number - 1)), job.id) AS job_id,
    stage_id,
    stage_name,
    stage_position,
    toUInt16(number - 1) AS position,
    job.category AS category,
    job.sequence AS sequence,
    job.async AS async,
    job.name AS name,
    job.identifier AS identifier,
    job.depends_on AS depends_on,
    job.condition AS condition,
    job.resource AS resource,
    job.is_select AS is_select,
    job.timeout AS timeout,
    job.last_dispatch_id AS last_dispatch_id,
    job.exec_id AS exec_id,
    job.status AS status,
    job.message AS message,
    fromUnixTimestamp64Milli(nullIf(job.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(job.end_time, 0), 'UTC') AS ended_at,
    nullIf(job.end_time, 0) - nullIf(job.start_time, 0) AS duration_ms,
    op,
    observed_at,
    ver
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        stage.id AS stage_id,
        stage.name AS stage_name,
        toUInt16(number - 1) AS stage_position,
        stage.jobs AS stage_jobs,
        op,
        observed_at,
        ver
    FROM
    (
        WITH
            JSONExtract(body, 'Tuple(\n            pipeline_id String,\n            stages Array(Tuple(\n                id String,\n                name String,\n                jobs Array(Tuple(\n                    id String,\n                    category String,\n                    sequence Int32,\n                    async String,\n                    name String,\n                    identifier String,\n                    depends_on Array(String),\n                    condition String,\n                    resource String,\n                    is_select Bool,\n                    timeout String,\n                    last_dispatch_id String,\n                    exec_id String,\n                    status String,\n                    message String,\n                    start_time Int64,\n                    end_time Int64)))))') AS b
        SELECT
            tenant,
            scope AS project_id,
            b.pipeline_id AS pipeline_id,
            id AS run_id,
            b.stages AS stages,
            op,
            observed_at,
            bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
        FROM run_detail_events
        WHERE kind = 'run_detail'
    )
    ARRAY JOIN
        stages AS stage,
        arrayEnumerate(stages) AS number
)
ARRAY JOIN
    stage_jobs AS job,
    arrayEnumerate(stage_jobs) AS number;

CREATE TABLE pipeline_groups
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `group_id` String,
    `parent_id` String,
    `path_id` String,
    `depth` UInt8,
    `ordinal` Int32,
    `name` String,
    `domain_id` LowCardinality(String),
    `creator` LowCardinality(String),
    `updater` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `is_deleted` UInt8,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, group_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW pipeline_groups_mv TO pipeline_groups
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `group_id` String,
    `parent_id` String,
    `path_id` String,
    `depth` UInt8,
    `ordinal` Int32,
    `name` String,
    `domain_id` String,
    `creator` String,
    `updater` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `is_deleted` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    parent_id String,\n    path_id String,\n    ordinal Int32,\n    name String,\n    domain_id String,\n    creator String,\n    updater String,\n    update String,\n    create_time Int64,\n    update_time Int64)') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS group_id,
    b.parent_id AS parent_id,
    b.path_id AS path_id,
    toUInt8(length(splitByChar('.', b.path_id))) AS depth,
    b.ordinal AS ordinal,
    b.name AS name,
    b.domain_id AS domain_id,
    b.creator AS creator,
    if(b.updater = '', b.update, b.updater) AS updater,
    fromUnixTimestamp64Milli(nullIf(b.create_time, 0), 'UTC') AS created_at,
    fromUnixTimestamp64Milli(nullIf(b.update_time, 0), 'UTC') AS updated_at,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'pipeline_group';

CREATE TABLE pipelines
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `name` String,
    `project_name` LowCardinality(String),
    `component_id` String,
    `is_publish` Bool,
    `is_collect` Bool,
    `manifest_version` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `convert_sign` Nullable(Int32),
    `security_level` Nullable(Int32),
    `op` LowCardinality(String),
    `is_deleted` UInt8,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, pipeline_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW pipelines_mv TO pipelines
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `name` String,
    `project_name` String,
    `component_id` String,
    `is_publish` Bool,
    `is_collect` Bool,
    `manifest_version` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `convert_sign` Nullable(Int32),
    `security_level` Nullable(Int32),
    `op` LowCardinality(String),
    `is_deleted` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    name String,\n    project_name String,\n    component_id String,\n    is_publish Bool,\n    is_collect Bool,\n    manifest_version String,\n    create_time Int64,\n    convert_sign Nullable(Int32),\n    security_level Nullable(Int32))') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS pipeline_id,
    b.name AS name,
    b.project_name AS project_name,
    b.component_id AS component_id,
    b.is_publish AS is_publish,
    b.is_collect AS is_collect,
    b.manifest_version AS manifest_version,
    fromUnixTimestamp64Milli(nullIf(b.create_time, 0), 'UTC') AS created_at,
    b.convert_sign AS convert_sign,
    b.security_level AS security_level,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'pipeline';

CREATE TABLE polls
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `poller` LowCardinality(String),
    `epoch` UInt16,
    `seq` UInt64,
    `stored_at` DateTime64(9, 'UTC'),
    `poll_id` String,
    `prev_poll_seq` UInt64,
    `part` UInt32,
    `last` Bool,
    `events` UInt32,
    `complete` Bool,
    `total` Int64,
    `pages` UInt32,
    `calls` UInt32,
    `errors` UInt32,
    `kinds` Array(LowCardinality(String)),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `api_at` Nullable(DateTime64(3, 'UTC')),
    `version` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(stored_at)
ORDER BY (tenant, scope, poller, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW polls_mv TO polls
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `poller` String,
    `epoch` UInt16,
    `seq` UInt64,
    `stored_at` DateTime64(9, 'UTC'),
    `poll_id` String,
    `prev_poll_seq` UInt64,
    `part` UInt32,
    `last` Bool,
    `events` UInt32,
    `complete` Bool,
    `total` Int64,
    `pages` UInt32,
    `calls` UInt32,
    `errors` UInt32,
    `kinds` Array(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `api_at` Nullable(DateTime64(3, 'UTC')),
    `version` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    poller String,\n    poll_id String,\n    prev_poll_seq UInt64,\n    part UInt32,\n    last Bool,\n    n UInt32,\n    complete Bool,\n    total Int64,\n    pages UInt32,\n    calls UInt32,\n    errors UInt32,\n    kinds Array(String),\n    started_at String,\n    finished_at String,\n    api_date String,\n    version String)') AS b
SELECT
    tenant,
    scope,
    b.poller AS poller,
    epoch,
    seq,
    stored_at,
    b.poll_id AS poll_id,
    b.prev_poll_seq AS prev_poll_seq,
    b.part AS part,
    b.last AS last,
    b.n AS events,
    b.complete AS complete,
    b.total AS total,
    b.pages AS pages,
    b.calls AS calls,
    b.errors AS errors,
    b.kinds AS kinds,
    parseDateTime64BestEffortOrNull(b.started_at, 3, 'UTC') AS started_at,
    parseDateTime64BestEffortOrNull(b.finished_at, 3, 'UTC') AS finished_at,
    parseDateTime64BestEffortOrNull(b.api_date, 3, 'UTC') AS api_at,
    b.version AS version,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'poll';

CREATE VIEW projects
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `project` String
)
AS SELECT
    tenant,
    project_id,
    if(name = '', project_id, name) AS project
FROM
(
    SELECT
        tenant,
        project_id,
        argMaxIf(project_name, ver, project_name != '') AS name
    FROM
    (
        SELECT
            tenant,
            project_id,
            project_name,
            ver
        FROM pipelines
        UNION ALL
        SELECT
            tenant,
            project_id,
            project_name,
            ver
        FROM repositories
        UNION ALL
        SELECT DISTINCT
            tenant,
            scope,
            '',
            0
        FROM polls
        WHERE NOT startsWith(scope, '_')
    )
    WHERE project_id != ''
    GROUP BY
        tenant,
        project_id
);

CREATE TABLE quarantine
(
    `epoch` UInt16,
    `seq` UInt64,
    `stream` LowCardinality(String),
    `stored_at` DateTime64(9, 'UTC'),
    `subject` String,
    `headers` String,
    `body` String CODEC(ZSTD(3)),
    `error` String,
    `loader_version` LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (epoch, seq)
SETTINGS index_granularity = 8192;

CREATE TABLE repositories
(
    `tenant` LowCardinality(String),
    `repository_id` UInt64,
    `project_id` LowCardinality(String),
    `project_name` LowCardinality(String),
    `name` String,
    `owner` LowCardinality(String),
    `capacity_mb` Float64,
    `status` Int32,
    `moderation_result` Nullable(Bool),
    `locked` Nullable(Bool),
    `member_number` UInt32,
    `created_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `is_deleted` UInt8,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, repository_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW repositories_mv TO repositories
(
    `tenant` LowCardinality(String),
    `repository_id` UInt64,
    `project_id` String,
    `project_name` String,
    `name` String,
    `owner` String,
    `capacity_mb` Float64,
    `status` Int32,
    `moderation_result` Nullable(Bool),
    `locked` Nullable(Bool),
    `member_number` UInt32,
    `created_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `is_deleted` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    project_id String,\n    project_name String,\n    repository_name String,\n    owner String,\n    capacity Float64,\n    status Int32,\n    moderation_result Nullable(Bool),\n    locked Nullable(Bool),\n    member_number UInt32,\n    create_time String)') AS b
SELECT
    tenant,
    toUInt64OrZero(id) AS repository_id,
    b.project_id AS project_id,
    b.project_name AS project_name,
    b.repository_name AS name,
    b.owner AS owner,
    b.capacity AS capacity_mb,
    b.status AS status,
    b.moderation_result AS moderation_result,
    b.locked AS locked,
    b.member_number AS member_number,
    b.create_time AS created_text,
    parseDateTime64BestEffortOrNull(b.create_time, 3, 'UTC') AS created_at,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'repository';

CREATE TABLE repository_sizes
(
    `tenant` LowCardinality(String),
    `repository_id` UInt64,
    `observed_at` DateTime64(3, 'UTC'),
    `project_id` LowCardinality(String),
    `name` String,
    `capacity_mb` Float64,
    `member_number` UInt32,
    `status` Int32,
    `op` LowCardinality(String),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, repository_id, observed_at, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW repository_sizes_mv TO repository_sizes
(
    `tenant` LowCardinality(String),
    `repository_id` UInt64,
    `observed_at` DateTime64(3, 'UTC'),
    `project_id` String,
    `name` String,
    `capacity_mb` Float64,
    `member_number` UInt32,
    `status` Int32,
    `op` LowCardinality(String),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    project_id String,\n    repository_name String,\n    capacity Float64,\n    member_number UInt32,\n    status Int32)') AS b
SELECT
    tenant,
    toUInt64OrZero(id) AS repository_id,
    observed_at,
    b.project_id AS project_id,
    b.repository_name AS name,
    b.capacity AS capacity_mb,
    b.member_number AS member_number,
    b.status AS status,
    op,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'repository';

CREATE TABLE run_detail_events
(
    `epoch` UInt16,
    `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
    `stream` LowCardinality(String),
    `stored_at` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `subject` String CODEC(ZSTD(1)),
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `kind` LowCardinality(String),
    `id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `ce_id` String CODEC(ZSTD(1)),
    `ce_type` LowCardinality(String),
    `ce_source` LowCardinality(String),
    `prev_hash` String CODEC(ZSTD(1)),
    `state_hash` String CODEC(ZSTD(1)),
    `poll_id` String CODEC(ZSTD(1)),
    `mark` String CODEC(ZSTD(1)),
    `zone` LowCardinality(String),
    `headers` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `body` String CODEC(ZSTD(1))
)
ENGINE = `Null`;

CREATE MATERIALIZED VIEW run_detail_events_mv TO run_detail_events
(
    `epoch` UInt16,
    `seq` UInt64,
    `stream` LowCardinality(String),
    `stored_at` DateTime64(9, 'UTC'),
    `subject` String,
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `kind` LowCardinality(String),
    `id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ce_id` String,
    `ce_type` LowCardinality(String),
    `ce_source` LowCardinality(String),
    `prev_hash` String,
    `state_hash` String,
    `poll_id` String,
    `mark` String,
    `zone` LowCardinality(String),
    `headers` Map(LowCardinality(String), String),
    `body` String
)
AS SELECT *
FROM events
WHERE kind = 'run_detail';

CREATE TABLE run_details
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `subject_id` String,
    `name` LowCardinality(String),
    `description` String,
    `manifest_version` LowCardinality(String),
    `is_publish` Bool,
    `executor_id` LowCardinality(String),
    `executor_name` LowCardinality(String),
    `status` LowCardinality(String),
    `trigger_type` LowCardinality(String),
    `run_number` Nullable(UInt32),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `paused_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `domain_id` LowCardinality(String),
    `region` LowCardinality(String),
    `component_id` LowCardinality(String),
    `language` LowCardinality(String),
    `group_id` LowCardinality(String),
    `group_name` LowCardinality(String),
    `detail_url` String,
    `current_system_time` String,
    `sources` String COMMENT 'JSON',
    `artifacts` String COMMENT 'JSON, empty when null',
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW run_details_mv TO run_details
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `subject_id` String,
    `name` String,
    `description` String,
    `manifest_version` String,
    `is_publish` Bool,
    `executor_id` String,
    `executor_name` String,
    `status` String,
    `trigger_type` String,
    `run_number` Nullable(UInt32),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `paused_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `domain_id` String,
    `region` String,
    `component_id` String,
    `language` String,
    `group_id` String,
    `group_name` String,
    `detail_url` String,
    `current_system_time` String,
    `sources` String,
    `artifacts` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    pipeline_id String,\n    subject_id String,\n    name String,\n    description String,\n    manifest_version String,\n    is_publish Bool,\n    executor_id String,\n    executor_name String,\n    status String,\n    trigger_type String,\n    run_number UInt32,\n    start_time Int64,\n    end_time Int64,\n    pause_time Int64,\n    domain_id String,\n    region String,\n    component_id String,\n    language String,\n    group_id String,\n    group_name String,\n    detail_url String,\n    current_system_time String,\n    sources String,\n    artifacts String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    b.subject_id AS subject_id,
    b.name AS name,
    b.description AS description,
    b.manifest_version AS manifest_version,
    b.is_publish AS is_publish,
    b.executor_id AS executor_id,
    b.executor_name AS executor_name,
    b.status AS status,
    b.trigger_type AS trigger_type,
    nullIf(b.run_number, 0) AS run_number,
    fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
    fromUnixTimestamp64Milli(nullIf(b.pause_time, 0), 'UTC') AS paused_at,
    nullIf(b.end_time, 0) - nullIf(b.start_time, 0) AS duration_ms,
    b.domain_id AS domain_id,
    b.region AS region,
    b.component_id AS component_id,
    b.language AS language,
    b.group_id AS group_id,
    b.group_name AS group_name,
    b.detail_url AS detail_url,
    b.current_system_time AS current_system_time,
    b.sources AS sources,
    b.artifacts AS artifacts,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_detail_events
WHERE kind = 'run_detail';

CREATE TABLE run_events
(
    `epoch` UInt16,
    `seq` UInt64 CODEC(Delta(8), ZSTD(1)),
    `stream` LowCardinality(String),
    `stored_at` DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `subject` String CODEC(ZSTD(1)),
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `kind` LowCardinality(String),
    `id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
    `ce_id` String CODEC(ZSTD(1)),
    `ce_type` LowCardinality(String),
    `ce_source` LowCardinality(String),
    `prev_hash` String CODEC(ZSTD(1)),
    `state_hash` String CODEC(ZSTD(1)),
    `poll_id` String CODEC(ZSTD(1)),
    `mark` String CODEC(ZSTD(1)),
    `zone` LowCardinality(String),
    `headers` Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    `body` String CODEC(ZSTD(1))
)
ENGINE = `Null`;

CREATE MATERIALIZED VIEW run_events_mv TO run_events
(
    `epoch` UInt16,
    `seq` UInt64,
    `stream` LowCardinality(String),
    `stored_at` DateTime64(9, 'UTC'),
    `subject` String,
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `kind` LowCardinality(String),
    `id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ce_id` String,
    `ce_type` LowCardinality(String),
    `ce_source` LowCardinality(String),
    `prev_hash` String,
    `state_hash` String,
    `poll_id` String,
    `mark` String,
    `zone` LowCardinality(String),
    `headers` Map(LowCardinality(String), String),
    `body` String
)
AS SELECT *
FROM events
WHERE kind = 'run';

CREATE TABLE runs
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `run_number` Nullable(UInt32),
    `status` LowCardinality(String),
    `trigger_type` LowCardinality(String),
    `executor_id` LowCardinality(String),
    `executor_name` LowCardinality(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `build_type` LowCardinality(String),
    `event_type` LowCardinality(String),
    `action` LowCardinality(String),
    `commit_id` String,
    `message` String,
    `source_branch` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `tag` String,
    `merge_id` String,
    `codehub_id` Nullable(UInt64),
    `codehub_id_text` LowCardinality(String),
    `git_url` LowCardinality(String),
    `source_codehub_id` Nullable(UInt64),
    `source_codehub_id_text` LowCardinality(String),
    `source_codehub_url` LowCardinality(String),
    `source_codehub_http_url` LowCardinality(String),
    `artifact_version` String,
    `artifact_branch_filter` LowCardinality(String),
    `artifact_package_name` LowCardinality(String),
    `artifact_organization` LowCardinality(String),
    `stage_names` Array(LowCardinality(String)),
    `stage_sequences` Array(Int32),
    `stage_statuses` Array(LowCardinality(String)),
    `modify_url` String,
    `detail_url` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id)
SETTINGS index_granularity = 8192;

CREATE VIEW runs_current
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `run_number` Nullable(UInt32),
    `status` LowCardinality(String),
    `trigger_type` LowCardinality(String),
    `executor_id` LowCardinality(String),
    `executor_name` LowCardinality(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `build_type` LowCardinality(String),
    `event_type` LowCardinality(String),
    `action` LowCardinality(String),
    `commit_id` String,
    `message` String,
    `source_branch` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `tag` String,
    `merge_id` String,
    `codehub_id` Nullable(UInt64),
    `codehub_id_text` LowCardinality(String),
    `git_url` LowCardinality(String),
    `source_codehub_id` Nullable(UInt64),
    `source_codehub_id_text` LowCardinality(String),
    `source_codehub_url` LowCardinality(String),
    `source_codehub_http_url` LowCardinality(String),
    `artifact_version` String,
    `artifact_branch_filter` LowCardinality(String),
    `artifact_package_name` LowCardinality(String),
    `artifact_organization` LowCardinality(String),
    `stage_names` Array(LowCardinality(String)),
    `stage_sequences` Array(Int32),
    `stage_statuses` Array(LowCardinality(String)),
    `modify_url` String,
    `detail_url` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT *
FROM runs
FINAL
WHERE op NOT IN ('deleted', 'expired');

CREATE MATERIALIZED VIEW runs_mv TO runs
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `run_number` Nullable(UInt32),
    `status` String,
    `trigger_type` String,
    `executor_id` String,
    `executor_name` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `build_type` String,
    `event_type` String,
    `action` String,
    `commit_id` String,
    `message` String,
    `source_branch` String,
    `target_branch` String,
    `tag` String,
    `merge_id` String,
    `codehub_id` Nullable(UInt64),
    `codehub_id_text` String,
    `git_url` String,
    `source_codehub_id` Nullable(UInt64),
    `source_codehub_id_text` String,
    `source_codehub_url` String,
    `source_codehub_http_url` String,
    `artifact_version` String,
    `artifact_branch_filter` String,
    `artifact_package_name` String,
    `artifact_organization` String,
    `stage_names` Array(String),
    `stage_sequences` Array(Int32),
    `stage_statuses` Array(String),
    `modify_url` String,
    `detail_url` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    pipeline_id String,\n    run_number UInt32,\n    status String,\n    trigger_type String,\n    executor_id String,\n    executor_name String,\n    start_time Int64,\n    end_time Int64,\n    build_params Tuple(\n        build_type String,\n        event_type String,\n        action String,\n        commit_id String,\n        message String,\n        source_branch String,\n        target_branch String,\n        tag String,\n        merge_id String,\n        codehub_id String,\n        git_url String,\n        source_codehub_id String,\n        source_codehub_url String,\n        source_codehub_http_url String),\n    artifact_params Tuple(\n        version String,\n        branch_filter String,\n        package_name String,\n        organization String),\n    stage_status_list Array(Tuple(name String, sequence Int32, status String)),\n    modify_url String,\n    detail_url String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    nullIf(b.run_number, 0) AS run_number,
    b.status AS status,
    b.trigger_type AS trigger_type,
    b.executor_id AS executor_id,
    b.executor_name AS executor_name,
    fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
    nullIf(b.end_time, 0) - nullIf(b.start_time, 0) AS duration_ms,
    b.build_params.build_type AS build_type,
    b.build_params.event_type AS event_type,
    b.build_params.action AS action,
    b.build_params.commit_id AS commit_id,
    b.build_params.message AS message,
    b.build_params.source_branch AS source_branch,
    b.build_params.target_branch AS target_branch,
    b.build_params.tag AS tag,
    b.build_params.merge_id AS merge_id,
    toUInt64OrNull(b.build_params.codehub_id) AS codehub_id,
    b.build_params.codehub_id AS codehub_id_text,
    b.build_params.git_url AS git_url,
    toUInt64OrNull(b.build_params.source_codehub_id) AS source_codehub_id,
    b.build_params.source_codehub_id AS source_codehub_id_text,
    b.build_params.source_codehub_url AS source_codehub_url,
    b.build_params.source_codehub_http_url AS source_codehub_http_url,
    b.artifact_params.version AS artifact_version,
    b.artifact_params.branch_filter AS artifact_branch_filter,
    b.artifact_params.package_name AS artifact_package_name,
    b.artifact_params.organization AS artifact_organization,
    b.stage_status_list.name AS stage_names,
    b.stage_status_list.sequence AS stage_sequences,
    b.stage_status_list.status AS stage_statuses,
    b.modify_url AS modify_url,
    b.detail_url AS detail_url,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
WHERE kind = 'run';

CREATE TABLE stage_attempts
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `position` UInt16,
    `name` LowCardinality(String),
    `start_text` String,
    `end_text` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `stage_id` String,
    `sequence` Int32,
    `status` LowCardinality(String),
    `run_number` Nullable(UInt32),
    `run_status` LowCardinality(String),
    `trigger_type` LowCardinality(String),
    `executor_name` LowCardinality(String),
    `commit_id` String,
    `target_branch` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, position, name, start_text)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW stage_attempts_mv TO stage_attempts
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `position` UInt16,
    `name` String,
    `start_text` String,
    `end_text` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `stage_id` String,
    `sequence` Int32,
    `status` String,
    `run_number` Nullable(UInt32),
    `run_status` String,
    `trigger_type` String,
    `executor_name` String,
    `commit_id` String,
    `target_branch` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    toUInt16(number - 1) AS position,
    stage.name AS name,
    stage.start_time AS start_text,
    stage.end_time AS end_text,
    parseDateTime64BestEffortOrNull(if(match(stage.start_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), stage.start_time, concat(stage.start_time, utc_offset)), 3, 'UTC') AS started_at,
    if(stage.end_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(stage.end_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), stage.end_time, concat(stage.end_time, utc_offset)), 3, 'UTC')) AS ended_at,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at) AS duration_ms,
    stage.id AS stage_id,
    stage.sequence AS sequence,
    stage.status AS status,
    run_number,
    run_status,
    trigger_type,
    executor_name,
    commit_id,
    target_branch,
    op,
    observed_at,
    ver
FROM
(
    WITH
        JSONExtract(body, 'Tuple(\n        pipeline_id String,\n        run_number UInt32,\n        status String,\n        trigger_type String,\n        executor_name String,\n        build_params Tuple(commit_id String, target_branch String),\n        stage_status_list Array(Tuple(\n            id String,\n            name String,\n            sequence Int32,\n            status String,\n            start_time String,\n            end_time String)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        id AS run_id,
        nullIf(b.run_number, 0) AS run_number,
        b.status AS run_status,
        b.trigger_type AS trigger_type,
        b.executor_name AS executor_name,
        b.build_params.commit_id AS commit_id,
        b.build_params.target_branch AS target_branch,
        b.stage_status_list AS stages,
        if(zone = '', '+08:00', zone) AS utc_offset,
        op,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
ARRAY JOIN
    stages AS stage,
    arrayEnumerate(stages) AS number
WHERE stage.start_time != '';

CREATE TABLE stages
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `position` UInt16,
    `stage_id` String,
    `category` LowCardinality(String),
    `name` LowCardinality(String),
    `identifier` LowCardinality(String),
    `run_always` Bool,
    `parallel` LowCardinality(String),
    `is_select` Bool,
    `sequence` Int32,
    `depends_on` Array(String),
    `condition` String,
    `status` LowCardinality(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `paused_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, position)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW stages_mv TO stages
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `position` UInt16,
    `stage_id` String,
    `category` String,
    `name` String,
    `identifier` String,
    `run_always` Bool,
    `parallel` String,
    `is_select` Bool,
    `sequence` Int32,
    `depends_on` Array(String),
    `condition` String,
    `status` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `paused_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    toUInt16(number - 1) AS position,
    stage.id AS stage_id,
    stage.category AS category,
    stage.name AS name,
    stage.identifier AS identifier,
    stage.run_always AS run_always,
    stage.parallel AS parallel,
    stage.is_select AS is_select,
    stage.sequence AS sequence,
    stage.depends_on AS depends_on,
    stage.condition AS condition,
    stage.status AS status,
    fromUnixTimestamp64Milli(nullIf(stage.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(stage.end_time, 0), 'UTC') AS ended_at,
    fromUnixTimestamp64Milli(nullIf(stage.pause_time, 0), 'UTC') AS paused_at,
    nullIf(stage.end_time, 0) - nullIf(stage.start_time, 0) AS duration_ms,
    op,
    observed_at,
    ver
FROM
(
    WITH
        JSONExtract(body, 'Tuple(\n        pipeline_id String,\n        stages Array(Tuple(\n            id String,\n            category String,\n            name String,\n            identifier String,\n            run_always Bool,\n            parallel String,\n            is_select Bool,\n            sequence Int32,\n            depends_on Array(String),\n            condition String,\n            status String,\n            start_time Int64,\n            end_time Int64,\n            pause_time Int64)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        id AS run_id,
        b.stages AS stages,
        op,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_detail_events
    WHERE kind = 'run_detail'
)
ARRAY JOIN
    stages AS stage,
    arrayEnumerate(stages) AS number;

CREATE TABLE steps
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `step_id` String,
    `phase` LowCardinality(String) COMMENT 'pre, job or post',
    `stage_id` String,
    `stage_name` LowCardinality(String),
    `stage_position` UInt16,
    `job_id` String COMMENT 'empty for pre and post',
    `job_name` LowCardinality(String),
    `job_position` UInt16,
    `position` UInt16,
    `name` LowCardinality(String),
    `task` LowCardinality(String),
    `business_type` LowCardinality(String),
    `inputs` String COMMENT 'JSON, empty when null',
    `sequence` Int32,
    `official_task_version` LowCardinality(String),
    `identifier` String,
    `multi_step_editable` Int32,
    `endpoint_ids` String COMMENT 'text or JSON array',
    `last_dispatch_id` String,
    `status` LowCardinality(String),
    `message` String,
    `daily_build_number` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, step_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW steps_mv TO steps
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `step_id` String,
    `phase` String,
    `stage_id` String,
    `stage_name` String,
    `stage_position` UInt16,
    `job_id` String,
    `job_name` String,
    `job_position` UInt16,
    `position` UInt16,
    `name` String,
    `task` String,
    `business_type` String,
    `inputs` String,
    `sequence` Int32,
    `official_task_version` String,
    `identifier` String,
    `multi_step_editable` Int32,
    `endpoint_ids` String,
    `last_dispatch_id` String,
    `status` String,
    `message` String,
    `daily_build_number` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    if(step.id = '', concat(toString(stage_position), '/', phase, '/', toString(job_position), '/', toString(number - 1)), step.id) AS step_id,
    phase,
    stage_id,
    stage_name,
    stage_position,
    job_id,
    job_name,
    job_position,
    toUInt16(number - 1) AS position,
    step.name AS name,
    step.task AS task,
    step.business_type AS business_type,
    step.inputs AS inputs,
    step.sequence AS sequence,
    step.official_task_version AS official_task_version,
    step.identifier AS identifier,
    step.multi_step_editable AS multi_step_editable,
    step.endpoint_ids AS endpoint_ids,
    step.last_dispatch_id AS last_dispatch_id,
    step.status AS status,
    step.message AS message,
    step.daily_build_number AS daily_build_number,
    fromUnixTimestamp64Milli(nullIf(step.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(step.end_time, 0), 'UTC') AS ended_at,
    nullIf(step.end_time, 0) - nullIf(step.start_time, 0) AS duration_ms,
    op,
    observed_at,
    ver
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        stage_id,
        stage_name,
        stage_position,
        list.1 AS phase,
        list.2 AS job_position,
        if((phase = 'job') AND ((list.3) = ''), concat(toString(stage_position), '/', toString(job_position)), list.3) AS job_id,
        list.4 AS job_name,
        list.5 AS list_steps,
        op,
        observed_at,
        ver
    FROM
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            run_id,
            stage.id AS stage_id,
            stage.name AS stage_name,
            toUInt16(number - 1) AS stage_position,
            arrayConcat([('pre', toUInt16(0), '', '', stage.pre)], arrayMap((job, j) -> ('job', toUInt16(j - 1), job.id, job.name, job.steps), stage.jobs, arrayEnumerate(stage.jobs)), [('post', toUInt16(0), '', '', stage.post)]) AS lists,
            op,
            observed_at,
            ver
        FROM
        (
            WITH
                JSONExtract(body, 'Tuple(\n                pipeline_id String,\n                stages Array(Tuple(\n                    id String,\n                    name String,\n                    pre Array(Tuple(\n                        name String,\n                        task String,\n                        business_type String,\n                        inputs String,\n                        sequence Int32,\n                        official_task_version String,\n                        identifier String,\n                        multi_step_editable Int32,\n                        id String,\n                        endpoint_ids String,\n                        last_dispatch_id String,\n                        status String,\n                        message String,\n                        daily_build_number String,\n                        start_time Int64,\n                        end_time Int64)),\n                    post Array(Tuple(\n                        name String,\n                        task String,\n                        business_type String,\n                        inputs String,\n                        sequence Int32,\n                        official_task_version String,\n                        identifier String,\n                        multi_step_editable Int32,\n                        id String,\n                        endpoint_ids String,\n                        last_dispatch_id String,\n                        status String,\n                        message String,\n                        daily_build_number String,\n                        start_time Int64,\n                        end_time Int64)),\n                    jobs Array(Tuple(\n                        id String,\n                        name String,\n                        steps Array(Tuple(\n                            name String,\n                            task String,\n                            business_type String,\n                            inputs String,\n                            sequence Int32,\n                            official_task_version String,\n                            identifier String,\n                            multi_step_editable Int32,\n                            id String,\n                            endpoint_ids String,\n                            last_dispatch_id String,\n                            status String,\n                            message String,\n                            daily_build_number String,\n                            start_time Int64,\n                            end_time Int64)))))))') AS b
            SELECT
                tenant,
                scope AS project_id,
                b.pipeline_id AS pipeline_id,
                id AS run_id,
                b.stages AS stages,
                op,
                observed_at,
                bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
            FROM run_detail_events
            WHERE kind = 'run_detail'
        )
        ARRAY JOIN
            stages AS stage,
            arrayEnumerate(stages) AS number
    )
    ARRAY JOIN lists AS list
)
ARRAY JOIN
    list_steps AS step,
    arrayEnumerate(list_steps) AS number;

