CREATE TABLE attempts_by_day
(
    `tenant` LowCardinality(String),
    `day` Date,
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `position` UInt16,
    `name` LowCardinality(String),
    `start_text` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `status` LowCardinality(String),
    `run_number` Nullable(UInt32),
    `trigger_type` LowCardinality(String),
    `executor_name` LowCardinality(String),
    `commit_id` String,
    `target_branch` LowCardinality(String),
    `life` UInt64,
    `trial` UInt64,
    `ver` UInt64,
    INDEX ends ended_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toRelativeMonthNum(day) % 48
ORDER BY (tenant, day, project_id, pipeline_id, run_id, position, name, start_text)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192;

CREATE MATERIALIZED VIEW attempts_by_day_mv TO attempts_by_day
(
    `tenant` LowCardinality(String),
    `day` Date,
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `position` UInt16,
    `name` String,
    `start_text` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `status` String,
    `run_number` Nullable(UInt32),
    `trigger_type` String,
    `executor_name` String,
    `commit_id` String,
    `target_branch` String,
    `life` UInt64,
    `trial` UInt64,
    `ver` UInt64
)
AS SELECT
    tenant,
    ifNull(toDateOrNull(substring(stage.start_time, 1, 10)), toDate(0)) AS day,
    project_id,
    pipeline_id,
    run_id,
    toUInt16(number - 1) AS position,
    stage.name AS name,
    stage.start_time AS start_text,
    parseDateTime64BestEffortOrNull(if(match(stage.start_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), stage.start_time, concat(stage.start_time, utc_offset)), 3, 'UTC') AS started_at,
    if(stage.end_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(stage.end_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), stage.end_time, concat(stage.end_time, utc_offset)), 3, 'UTC')) AS ended_at,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at) AS duration_ms,
    stage.status AS status,
    run_number,
    trigger_type,
    executor_name,
    commit_id,
    target_branch,
    cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage.name) AS life,
    if(commit_id = '', 0, cityHash64(tenant, project_id, pipeline_id, position, stage.name, commit_id)) AS trial,
    ver
FROM
(
    WITH
        JSONExtract(body, 'Tuple(\n        pipeline_id String,\n        run_number UInt32,\n        trigger_type String,\n        executor_name String,\n        build_params Tuple(commit_id String, target_branch String),\n        stage_status_list Array(Tuple(name String, status String, start_time String, end_time String)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        id AS run_id,
        nullIf(b.run_number, 0) AS run_number,
        b.trigger_type AS trigger_type,
        b.executor_name AS executor_name,
        b.build_params.commit_id AS commit_id,
        b.build_params.target_branch AS target_branch,
        b.stage_status_list AS stages,
        if(zone = '', '+08:00', zone) AS utc_offset,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
ARRAY JOIN
    stages AS stage,
    arrayEnumerate(stages) AS number
WHERE stage.start_time != '';

CREATE TABLE basic_plugin_detail_states
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `display_name` String,
    `type` LowCardinality(String),
    `business_type` LowCardinality(String),
    `description` String,
    `version_description` String,
    `inputs` Array(Tuple(
        name String,
        type String,
        label String,
        description String,
        default_value String,
        required Bool,
        validation Tuple(
            required_message Nullable(String),
            regex Nullable(String),
            regex_message Nullable(String),
            max_length Nullable(Int64),
            min_length Nullable(Int64)))),
    `outputs` Array(Tuple(
        name String,
        type String,
        description String)),
    `execution_type` String,
    `execution_target` String,
    `execution_sha256` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, plugin_name, version, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW basic_plugin_detail_states_mv TO basic_plugin_detail_states
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `display_name` String,
    `type` String,
    `business_type` String,
    `description` String,
    `version_description` String,
    `inputs` Array(Tuple(
        name String,
        type String,
        label String,
        description String,
        default_value String,
        required Bool,
        validation Tuple(
            required_message Nullable(String),
            regex Nullable(String),
            regex_message Nullable(String),
            max_length Nullable(Int64),
            min_length Nullable(Int64)))),
    `outputs` Array(Tuple(
        name String,
        type String,
        description String)),
    `execution_type` String,
    `execution_target` String,
    `execution_sha256` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    type String,\n    name String,\n    category String,\n    description String,\n    version String,\n    inputs Array(Tuple(name String, type String, label String, description String, default_value String, required Bool, validation Tuple(required_message Nullable(String), regex Nullable(String), regex_message Nullable(String), max_length Nullable(Int64), min_length Nullable(Int64)))),\n    outputs Array(Tuple(name String, type String, description String)),\n    execution Tuple(type String, target String, sha256 String),\n    friendly_name String,\n    version_description String)') AS b
SELECT
    tenant,
    b.name AS plugin_name,
    b.version AS version,
    b.friendly_name AS display_name,
    b.type AS type,
    b.category AS business_type,
    b.description AS description,
    b.version_description AS version_description,
    b.inputs AS inputs,
    b.outputs AS outputs,
    b.execution.type AS execution_type,
    b.execution.target AS execution_target,
    b.execution.sha256 AS execution_sha256,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind = 'basic_plugin_detail';

CREATE TABLE basic_plugin_states
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `display_name` String,
    `description` String,
    `icon_url` String,
    `attribution` LowCardinality(String),
    `publisher_id` String,
    `manifest_version` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, plugin_name, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW basic_plugin_states_mv TO basic_plugin_states
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `display_name` String,
    `description` String,
    `icon_url` String,
    `attribution` String,
    `publisher_id` String,
    `manifest_version` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    display_name String,\n    plugin_attribution String,\n    icon_url String,\n    description String,\n    publisher_id String,\n    manifest_version String)') AS b
SELECT
    tenant,
    id AS plugin_name,
    b.display_name AS display_name,
    b.description AS description,
    b.icon_url AS icon_url,
    b.plugin_attribution AS attribution,
    b.publisher_id AS publisher_id,
    b.manifest_version AS manifest_version,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind = 'basic_plugin';

CREATE VIEW basic_plugins
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `display_name` String,
    `description` String,
    `icon_url` String,
    `attribution` LowCardinality(String),
    `publisher_id` String,
    `manifest_version` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `published_versions` Array(String)
)
AS SELECT
    p.*,
    l.versions AS published_versions
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM basic_plugin_states
        FINAL
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS p
LEFT JOIN
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_version_lists
        FINAL
        WHERE kind = 'basic_plugin_version_list'
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS l ON (l.tenant = p.tenant) AND (l.plugin_name = p.plugin_name);

CREATE VIEW build_groups
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
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `path` Array(String)
)
AS SELECT * EXCEPT kind
FROM groups_now
WHERE kind = 'build_group';

CREATE TABLE build_tenant_states
(
    `tenant` LowCardinality(String),
    `domain_id` String,
    `domain_name` String,
    `service_name` LowCardinality(String),
    `region` LowCardinality(String),
    `package_type` LowCardinality(String),
    `free_quota` Bool,
    `free_package_quota` Bool,
    `status` Int32,
    `spec_thresholds` Array(Tuple(
        spec String,
        threshold Nullable(Int64))),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, domain_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW build_tenant_states_mv TO build_tenant_states
(
    `tenant` LowCardinality(String),
    `domain_id` String,
    `domain_name` String,
    `service_name` String,
    `region` String,
    `package_type` String,
    `free_quota` Bool,
    `free_package_quota` Bool,
    `status` Int32,
    `spec_thresholds` Array(Tuple(
        spec String,
        threshold Nullable(Int64))),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    domain_name String,\n    service_name String,\n    region String,\n    package_type String,\n    free_quota Bool,\n    free_package_quota Bool,\n    status Int32,\n    spec_threshold String)') AS b
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

CREATE VIEW built_in_deployment_rules
(
    `rules` String,
    `version` String,
    `source` String
)
AS SELECT
    '{"attribution_ms":86400000,"rollback_ms":86400000,"zone":"UTC","rules":[{"name":"guess from the stage name","stage":"(?i)deploy.*prod|^prod|上线|production","service":"{pipeline}","environment":"production"}],"markers":[{"kind":"hotfix","branch":"(?i)hotfix","tag":"(?i)hotfix","message":"(?i)\\\\bhotfix"},{"kind":"rollback","message":"^Revert \\""}]}' AS rules,
    left(lower(hex(SHA256(rules))), 16) AS version,
    'built-in guess' AS source;

CREATE TABLE commit_range_states
(
    `tenant` LowCardinality(String),
    `repository_id` String,
    `from_commit` String,
    `to_commit` String,
    `found` Bool,
    `complete` Bool,
    `total` UInt32,
    `commit_ids` Array(String),
    `answer` String,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, repository_id, from_commit, to_commit, found)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW commit_range_states_mv TO commit_range_states
(
    `tenant` LowCardinality(String),
    `repository_id` String,
    `from_commit` String,
    `to_commit` String,
    `found` UInt8,
    `complete` Bool,
    `total` UInt32,
    `commit_ids` Array(String),
    `answer` String,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    repository_id String,\n    from_commit String,\n    to_commit String,\n    absent String,\n    complete Bool,\n    total UInt32,\n    commits Array(Tuple(id String)))') AS b
SELECT
    tenant,
    b.repository_id AS repository_id,
    b.from_commit AS from_commit,
    b.to_commit AS to_commit,
    b.absent = '' AS found,
    b.complete AS complete,
    b.total AS total,
    b.commits.id AS commit_ids,
    b.absent AS answer,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM delivery_events
WHERE kind = 'commit_range';

CREATE VIEW commit_ranges
(
    `tenant` LowCardinality(String),
    `repository_id` String,
    `from_commit` String,
    `to_commit` String,
    `commit_id` String,
    `complete` Bool,
    `ver` UInt64
)
AS SELECT
    tenant,
    repository_id,
    from_commit,
    to_commit,
    commit_id,
    complete,
    ver
FROM commit_range_states
FINAL
ARRAY JOIN commit_ids AS commit_id
WHERE found;

CREATE TABLE commit_sightings
(
    `commit` UInt64,
    `seen_at` SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    `ver` SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY commit
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW commit_sightings_mv TO commit_sightings
(
    `commit` UInt64,
    `seen_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(start_time Int64, build_params Tuple(commit_id String, codehub_id String))') AS b
SELECT
    cityHash64(tenant, b.build_params.codehub_id, b.build_params.commit_id) AS commit,
    fromUnixTimestamp64Milli(b.start_time, 'UTC') AS seen_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
WHERE (kind = 'run') AND (b.start_time > 0) AND (b.build_params.commit_id != '');

CREATE TABLE commit_states
(
    `tenant` LowCardinality(String),
    `repository_id` String,
    `commit_id` String,
    `found` Bool,
    `committed_text` String,
    `committed_at` Nullable(DateTime64(3, 'UTC')),
    `authored_text` String,
    `authored_at` Nullable(DateTime64(3, 'UTC')),
    `title` String,
    `author_name` LowCardinality(String),
    `answer` String,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, repository_id, commit_id, found)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW commit_states_mv TO commit_states
(
    `tenant` LowCardinality(String),
    `repository_id` String,
    `commit_id` String,
    `found` UInt8,
    `committed_text` String,
    `committed_at` Nullable(DateTime64(3, 'UTC')),
    `authored_text` String,
    `authored_at` Nullable(DateTime64(3, 'UTC')),
    `title` String,
    `author_name` String,
    `answer` String,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    repository_id,
    c.id AS commit_id,
    answer = '' AS found,
    c.committed_date AS committed_text,
    if(c.committed_date = '', NULL, parseDateTime64BestEffortOrNull(if(match(c.committed_date, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), c.committed_date, concat(c.committed_date, utc_offset)), 3, 'UTC')) AS committed_at,
    c.authored_date AS authored_text,
    if(c.authored_date = '', NULL, parseDateTime64BestEffortOrNull(if(match(c.authored_date, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), c.authored_date, concat(c.authored_date, utc_offset)), 3, 'UTC')) AS authored_at,
    c.title AS title,
    c.author_name AS author_name,
    answer,
    observed_at,
    ver
FROM
(
    WITH
        JSONExtract(body, 'Tuple(\n        repository_id String,\n        commit_id String,\n        absent String,\n        commit Tuple(id String, committed_date String, authored_date String, title String, author_name String),\n        commits Array(Tuple(id String, committed_date String, authored_date String, title String, author_name String)))') AS b
    SELECT
        tenant,
        b.repository_id AS repository_id,
        b.absent AS answer,
        CAST(if(kind = 'commit', [(b.commit_id, b.commit.committed_date, b.commit.authored_date, b.commit.title, b.commit.author_name)], b.commits), 'Array(Tuple(id String, committed_date String, authored_date String, title String, author_name String))') AS all_commits,
        if(zone = '', '+08:00', zone) AS utc_offset,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM delivery_events
    WHERE kind IN ('commit', 'commit_range')
)
ARRAY JOIN all_commits AS c;

CREATE VIEW commits
(
    `tenant` LowCardinality(String),
    `repository_id` String,
    `commit_id` String,
    `committed_at` DateTime64(3, 'UTC'),
    `authored_at` Nullable(DateTime64(3, 'UTC')),
    `title` String,
    `author_name` LowCardinality(String),
    `ver` UInt64
)
AS SELECT
    tenant,
    repository_id,
    commit_id,
    assumeNotNull(s.committed_at) AS committed_at,
    authored_at,
    title,
    author_name,
    ver
FROM commit_states AS s
FINAL
WHERE found AND (s.committed_at IS NOT NULL);

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
    sum(numbers) AS stored,
    toUInt64(ifNull((max(high) - min(low)) + 1, 0)) AS expected,
    expected - stored AS missing,
    if(expected = 0, NULL, stored / expected) AS completeness,
    min(low) AS lowest,
    max(high) AS highest,
    sum(none) AS unnumbered
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        numbers,
        low,
        high,
        toUInt64(0) AS none
    FROM known_numbers
    UNION ALL
    SELECT
        tenant,
        project_id,
        pipeline_id,
        0,
        NULL,
        NULL,
        count()
    FROM runs
    FINAL
    PREWHERE (tenant, project_id, pipeline_id, run_id) IN (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            run_id
        FROM runs
        WHERE run_number IS NULL
    )
    WHERE run_number IS NULL
    GROUP BY
        tenant,
        project_id,
        pipeline_id
)
GROUP BY
    tenant,
    project_id,
    pipeline_id;

CREATE VIEW completeness_as_of
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    sum(length(places)) AS stored,
    toUInt64((max((64 * block) + arrayMax(places)) - min((64 * block) + arrayMin(places))) + 1) AS expected,
    expected - stored AS missing,
    stored / expected AS completeness
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        toInt64(run_numbers.block) AS block,
        arrayFilter((place, at) -> (at <= toUnixTimestamp({as_of:DateTime64(3, 'UTC')})), seen.1, seen.2) AS places
    FROM run_numbers
    FINAL
)
WHERE notEmpty(places)
GROUP BY
    tenant,
    project_id,
    pipeline_id;

CREATE VIEW completeness_days
(
    `tenant` String,
    `project_id` String,
    `pipeline_id` String,
    `day` Date,
    `known` Int64,
    `expected` Int64,
    `pending` Int64,
    `unknown` Int64,
    `open` UInt64,
    `unnumbered` UInt64,
    `last_good_sweep_at` Nullable(DateTime64(3, 'UTC'))
)
AS SELECT
    d.tenant AS tenant,
    d.project_id AS project_id,
    d.pipeline_id AS pipeline_id,
    d.day AS day,
    d.known AS known,
    (d.known - d.unnumbered) + d.missing AS expected,
    d.missing - d.unknown AS pending,
    d.unknown AS unknown,
    d.open AS open,
    d.unnumbered AS unnumbered,
    s.last_good_sweep_at AS last_good_sweep_at
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        day,
        sum(n.known) AS known,
        sum(n.unnumbered) AS unnumbered,
        sum(n.open) AS open,
        sum(n.missing) AS missing,
        sum(n.unknown) AS unknown
    FROM
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            assumeNotNull(toDate(started_at, 'UTC')) AS day,
            toInt64(count()) AS known,
            countIf(run_number IS NULL) AS unnumbered,
            countIf((status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED')) AND (op NOT IN ('deleted', 'expired'))) AS open,
            0 AS missing,
            0 AS unknown
        FROM runs
        FINAL
        WHERE started_at IS NOT NULL
        GROUP BY
            tenant,
            project_id,
            pipeline_id,
            day
        UNION ALL
        SELECT
            tenant,
            project_id,
            pipeline_id,
            day,
            0,
            0,
            0,
            missing,
            unknown
        FROM gap_days(since = toDate('2000-01-01'))
    ) AS n
    GROUP BY
        tenant,
        project_id,
        pipeline_id,
        day
) AS d
LEFT JOIN good_sweeps_since(since = toDate('2000-01-01')) AS s ON (s.tenant = d.tenant) AND (s.scope = d.project_id) AND (s.day = d.day);

CREATE TABLE config_edits
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `kind` LowCardinality(String),
    `config_id` String,
    `name` String,
    `version` String,
    `operator` LowCardinality(String),
    `operated_at` Nullable(DateTime64(3, 'UTC')),
    `type` LowCardinality(String),
    `level` LowCardinality(String),
    `is_valid` Nullable(Bool),
    `is_public` Nullable(Bool),
    `is_legacy` Nullable(Bool),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, kind, config_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW config_edits_mv TO config_edits
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `kind` LowCardinality(String),
    `config_id` String,
    `name` String,
    `version` String,
    `operator` String,
    `operated_at` Nullable(DateTime64(3, 'UTC')),
    `type` String,
    `level` String,
    `is_valid` Nullable(Bool),
    `is_public` Nullable(Bool),
    `is_legacy` Nullable(Bool),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    name String,\n    version String,\n    operator String,\n    operate_time Int64,\n    type String,\n    level String,\n    is_valid Nullable(Bool),\n    is_public Nullable(Bool),\n    is_legacy Nullable(Bool))') AS b
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    kind,
    id AS config_id,
    b.name AS name,
    b.version AS version,
    b.operator AS operator,
    fromUnixTimestamp64Milli(nullIf(b.operate_time, 0), 'UTC') AS operated_at,
    b.type AS type,
    b.level AS level,
    b.is_valid AS is_valid,
    b.is_public AS is_public,
    b.is_legacy AS is_legacy,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind IN ('rule', 'rule_set', 'open_source_rule_set');

CREATE TABLE config_events
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

CREATE MATERIALIZED VIEW config_events_mv TO config_events
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
WHERE kind IN ('template', 'template_detail', 'rule', 'rule_detail', 'rule_set', 'rule_set_detail', 'open_source_rule_set', 'open_source_rule_set_detail');

CREATE VIEW configs
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `kind` LowCardinality(String),
    `config_id` String,
    `name` String,
    `version` String,
    `operator` LowCardinality(String),
    `operated_at` Nullable(DateTime64(3, 'UTC')),
    `type` LowCardinality(String),
    `level` LowCardinality(String),
    `is_valid` Nullable(Bool),
    `is_public` Nullable(Bool),
    `is_legacy` Nullable(Bool),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT *
FROM
(
    SELECT *
    FROM config_edits
    FINAL
    ORDER BY ver DESC
    LIMIT 1 BY
        tenant,
        project_id,
        kind,
        config_id
)
WHERE op NOT IN ('deleted', 'expired');

CREATE TABLE confirmed_figures
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` String,
    `environment` LowCardinality(String),
    `confirmed_at` DateTime64(3, 'UTC'),
    `rules_version` LowCardinality(String),
    `through` UInt64,
    `through_all` UInt64,
    `batch` UInt64,
    `batch_all` UInt64,
    `open_days` Array(Date)
)
ENGINE = ReplacingMergeTree(confirmed_at)
ORDER BY (tenant, project_id, service, environment)
SETTINGS index_granularity = 8192;

CREATE TABLE coverage
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `from_at` Nullable(DateTime64(3, 'UTC')),
    `to_at` Nullable(DateTime64(3, 'UTC')),
    `through` UInt32,
    `window_from` Nullable(DateTime64(3, 'UTC')),
    `window_to` Nullable(DateTime64(3, 'UTC')),
    `total` Int64,
    `seen` Int64,
    `complete` Bool,
    `op` LowCardinality(String),
    `is_deleted` UInt8,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, pipeline_id)
SETTINGS index_granularity = 8192;

CREATE VIEW coverage_check
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `window_from` Nullable(DateTime64(3, 'UTC')),
    `window_to` Nullable(DateTime64(3, 'UTC')),
    `complete` Bool,
    `api_total` Int64,
    `seen` Int64,
    `stored` UInt64,
    `unexplained` Nullable(Int64),
    `observed_at` DateTime64(3, 'UTC')
)
AS WITH
    windows AS
    (
        SELECT
            *,
            cityHash64(tenant, project_id, pipeline_id) AS line
        FROM coverage
        FINAL
        WHERE window_to IS NOT NULL
    )
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    c.pipeline_id AS pipeline_id,
    c.window_from AS window_from,
    c.window_to AS window_to,
    c.complete AS complete,
    c.total AS api_total,
    c.seen AS seen,
    length(r.runs) AS stored,
    if(c.complete, greatest(api_total - toInt64(stored), 0), NULL) AS unexplained,
    c.observed_at AS observed_at
FROM windows AS c
LEFT JOIN
(
    SELECT
        r.line AS line,
        arrayDistinct(groupArray(r.run)) AS runs
    FROM runs_by_day AS r
    FINAL
    INNER JOIN windows AS w ON w.line = r.line
    WHERE ((r.started_at >= w.window_from) AND (r.started_at <= w.window_to)) AND (r.day >= (
        SELECT toDate(min(window_from))
        FROM windows
    ))
    GROUP BY r.line
) AS r ON r.line = c.line;

CREATE MATERIALIZED VIEW coverage_mv TO coverage
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `from_at` Nullable(DateTime64(3, 'UTC')),
    `to_at` Nullable(DateTime64(3, 'UTC')),
    `through` UInt32,
    `window_from` Nullable(DateTime64(3, 'UTC')),
    `window_to` Nullable(DateTime64(3, 'UTC')),
    `total` Int64,
    `seen` Int64,
    `complete` Bool,
    `op` LowCardinality(String),
    `is_deleted` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(from Int64, to Int64, through UInt32, window_from Int64, window_to Int64, total Int64, seen Int64, complete Bool)') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS pipeline_id,
    fromUnixTimestamp64Milli(nullIf(b.`from`, 0), 'UTC') AS from_at,
    fromUnixTimestamp64Milli(nullIf(b.to, 0), 'UTC') AS to_at,
    b.through AS through,
    fromUnixTimestamp64Milli(nullIf(b.window_from, 0), 'UTC') AS window_from,
    fromUnixTimestamp64Milli(nullIf(b.window_to, 0), 'UTC') AS window_to,
    b.total AS total,
    b.seen AS seen,
    b.complete AS complete,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'coverage';

CREATE TABLE coverage_states
(
    `line` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `from_at` Nullable(DateTime64(3, 'UTC')),
    `to_at` Nullable(DateTime64(3, 'UTC')),
    `total` Int64,
    `complete` Bool,
    `gone` Bool,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (line, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW coverage_states_mv TO coverage_states
(
    `line` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `from_at` Nullable(DateTime64(3, 'UTC')),
    `to_at` Nullable(DateTime64(3, 'UTC')),
    `total` Int64,
    `complete` Bool,
    `gone` LowCardinality(UInt8),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(from Int64, to Int64, total Int64, complete Bool)') AS b
SELECT
    cityHash64(tenant, project_id, pipeline_id) AS line,
    tenant,
    scope AS project_id,
    id AS pipeline_id,
    fromUnixTimestamp64Milli(nullIf(b.`from`, 0), 'UTC') AS from_at,
    fromUnixTimestamp64Milli(nullIf(b.to, 0), 'UTC') AS to_at,
    b.total AS total,
    b.complete AS complete,
    op IN ('deleted', 'expired') AS gone,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'coverage';

CREATE TABLE delivery_events
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

CREATE MATERIALIZED VIEW delivery_events_mv TO delivery_events
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
WHERE kind IN ('incident', 'commit', 'commit_range');

CREATE TABLE delivery_runs
(
    `tenant` LowCardinality(String),
    `run_id` String,
    `unit` UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, run_id, unit)
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW delivery_runs_mv TO delivery_runs
(
    `tenant` LowCardinality(String),
    `run_id` String,
    `unit` UInt64
)
AS SELECT DISTINCT
    tenant,
    run_id,
    sipHash64(tenant, service, environment) AS unit
FROM deployment_attempts
WHERE selected;

CREATE TABLE delivery_sources
(
    `unit` UInt64,
    `tenant` LowCardinality(String),
    `source` String
)
ENGINE = ReplacingMergeTree
ORDER BY (unit, tenant, source)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW delivery_sources_mv TO delivery_sources
(
    `unit` UInt64,
    `tenant` LowCardinality(String),
    `source` LowCardinality(String)
)
AS SELECT DISTINCT
    sipHash64(tenant, service, environment) AS unit,
    tenant,
    arrayJoin([pipeline_id, codehub_id]) AS source
FROM deployment_attempts
WHERE selected;

CREATE TABLE delivery_touches
(
    `tenant` LowCardinality(String),
    `source` String,
    `touched_at` DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY (tenant, source)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW delivery_touches_attempts_mv TO delivery_touches
(
    `tenant` LowCardinality(String),
    `source` LowCardinality(String),
    `touched_at` DateTime64(6, 'UTC')
)
AS SELECT DISTINCT
    tenant,
    pipeline_id AS source,
    now64(6, 'UTC') AS touched_at
FROM deployment_attempts;

CREATE MATERIALIZED VIEW delivery_touches_commits_mv TO delivery_touches
(
    `tenant` LowCardinality(String),
    `source` String,
    `touched_at` DateTime64(6, 'UTC')
)
AS SELECT DISTINCT
    tenant,
    repository_id AS source,
    now64(6, 'UTC') AS touched_at
FROM commit_states;

CREATE MATERIALIZED VIEW delivery_touches_incidents_mv TO delivery_touches
(
    `tenant` LowCardinality(String),
    `source` String,
    `touched_at` DateTime64(6, 'UTC')
)
AS SELECT DISTINCT
    tenant,
    incident_id AS source,
    now64(6, 'UTC') AS touched_at
FROM incident_states;

CREATE MATERIALIZED VIEW delivery_touches_ranges_mv TO delivery_touches
(
    `tenant` LowCardinality(String),
    `source` String,
    `touched_at` DateTime64(6, 'UTC')
)
AS SELECT DISTINCT
    tenant,
    repository_id AS source,
    now64(6, 'UTC') AS touched_at
FROM commit_range_states;

CREATE MATERIALIZED VIEW delivery_touches_terms_mv TO delivery_touches
(
    `tenant` LowCardinality(String),
    `source` String,
    `touched_at` DateTime64(6, 'UTC')
)
AS SELECT DISTINCT
    tenant,
    pipeline_id AS source,
    now64(6, 'UTC') AS touched_at
FROM deployment_terms
WHERE in_force;

CREATE VIEW deployment_attempt_rules
AS SELECT
    *,
    holds AND (rule_number = minIf(rule_number, holds) OVER (PARTITION BY tenant, project_id, pipeline_id, run_id, position, name, start_text)) AS decides
FROM
(
    SELECT
        a.tenant AS tenant,
        a.project_id AS project_id,
        a.pipeline_id AS pipeline_id,
        a.run_id AS run_id,
        a.position AS position,
        a.name AS name,
        a.start_text AS start_text,
        a.run_number AS run_number,
        a.status AS status,
        a.started_at AS started_at,
        a.ended_at AS ended_at,
        a.duration_ms AS duration_ms,
        a.commit_id AS commit_id,
        a.codehub_id AS codehub_id,
        a.target_branch AS target_branch,
        a.source_branch AS source_branch,
        a.tag AS tag,
        a.message AS message,
        a.trigger_type AS trigger_type,
        a.executor_name AS executor_name,
        a.ver AS ver,
        p.pipeline AS pipeline,
        p.project AS project,
        p.group_path AS group_path,
        p.rule_number AS rule_number,
        p.rule AS rule,
        p.ignored AS ignored,
        replaceAll(replaceAll(p.service_form, '{stage}', a.name), '{1}', p.captured) AS service,
        p.environment AS environment,
        p.rule_marker AS rule_marker,
        arrayFilter(c -> ((c.2) != ''), [('branch', p.branch_pattern, CAST(a.target_branch, 'String'), match(a.target_branch, p.branch_pattern)), ('tag', p.tag_pattern, a.tag, match(a.tag, p.tag_pattern))]) AS attempt_conditions,
        arrayConcat(p.pipeline_conditions, s.stage_conditions, attempt_conditions) AS conditions,
        p.pipeline_holds AND s.stage_holds AND arrayAll(c -> (c.4), attempt_conditions) AS holds
    FROM
    (
        SELECT *
        FROM stage_attempts
        FINAL
        PREWHERE (({run:String} = '') OR (run_id = {run:String})) AND (({run:String} != '') OR (name IN (
            SELECT name
            FROM deployment_stage_rules(rules = {rules:String})
            WHERE stage_holds
        ))) AND (({run:String} != '') OR ((tenant, project_id, pipeline_id) IN (
            SELECT
                tenant,
                project_id,
                pipeline_id
            FROM deployment_pipeline_rules(rules = {rules:String})
            WHERE pipeline_holds
        )))
    ) AS a
    INNER JOIN
    (
        SELECT *
        FROM deployment_pipeline_rules(rules = {rules:String})
        WHERE ({run:String} != '') OR pipeline_holds
    ) AS p ON (p.tenant = a.tenant) AND (p.project_id = a.project_id) AND (p.pipeline_id = a.pipeline_id)
    INNER JOIN
    (
        SELECT *
        FROM deployment_stage_rules(rules = {rules:String})
        WHERE ({run:String} != '') OR stage_holds
    ) AS s ON (s.name = a.name) AND (s.rule_number = p.rule_number)
)
WHERE ({run:String} != '') OR holds;

CREATE TABLE deployment_attempts
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `terms` UInt64,
    `generation` UInt64,
    `run_id` String,
    `position` UInt16,
    `stage` LowCardinality(String),
    `start_text` String,
    `selected` Bool,
    `project` LowCardinality(String),
    `pipeline` LowCardinality(String),
    `service` LowCardinality(String),
    `environment` LowCardinality(String),
    `rule` LowCardinality(String),
    `marker` LowCardinality(String),
    `run_number` Nullable(UInt32),
    `status` LowCardinality(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `commit_id` String,
    `codehub_id` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `tag` String,
    `message` String,
    `trigger_type` LowCardinality(String),
    `executor_name` LowCardinality(String),
    `ver` UInt64,
    INDEX finished finished_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY (generation, toRelativeMonthNum(parseDateTimeBestEffortOrZero(start_text, 'UTC'), 'UTC') % 48)
ORDER BY (tenant, project_id, pipeline_id, terms, run_id, position, stage, start_text)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW deployment_attempts_mv TO deployment_attempts
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `terms` UInt64,
    `generation` UInt64,
    `run_id` String,
    `position` UInt16,
    `stage` LowCardinality(String),
    `start_text` String,
    `selected` Bool,
    `project` String,
    `pipeline` String,
    `service` String,
    `environment` String,
    `rule` String,
    `marker` String,
    `run_number` Nullable(UInt32),
    `status` LowCardinality(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `commit_id` String,
    `codehub_id` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `tag` String,
    `message` String,
    `trigger_type` LowCardinality(String),
    `executor_name` LowCardinality(String),
    `ver` UInt64
)
AS WITH
    arrayFirst(r -> (match(a.name, r.stage) AND match(a.target_branch, r.branch) AND match(a.tag, r.tag)), t.rules) AS decides
SELECT
    a.tenant AS tenant,
    a.project_id AS project_id,
    a.pipeline_id AS pipeline_id,
    t.terms AS terms,
    t.generation AS generation,
    a.run_id AS run_id,
    a.position AS position,
    a.name AS stage,
    a.start_text AS start_text,
    (decides.number > 0) AND (NOT decides.ignored) AS selected,
    t.project AS project,
    t.pipeline AS pipeline,
    replaceAll(replaceAll(decides.service, '{stage}', a.name), '{1}', decides.captured) AS service,
    decides.environment AS environment,
    decides.rule AS rule,
    if(decides.marker != '', decides.marker, tupleElement(arrayFirst(m -> (((m.branch != '') AND (match(a.target_branch, m.branch) OR match(a.source_branch, m.branch))) OR ((m.tag != '') AND match(a.tag, m.tag)) OR ((m.message != '') AND match(a.message, m.message))), t.markers), 'kind')) AS marker,
    a.run_number AS run_number,
    a.status AS status,
    a.started_at AS started_at,
    a.ended_at AS finished_at,
    a.duration_ms AS duration_ms,
    a.commit_id AS commit_id,
    a.codehub_id AS codehub_id,
    a.target_branch AS target_branch,
    a.tag AS tag,
    a.message AS message,
    a.trigger_type AS trigger_type,
    a.executor_name AS executor_name,
    a.ver AS ver
FROM deployment_inputs AS a
INNER JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        terms,
        generation,
        project,
        pipeline,
        rules,
        markers,
        batch
    FROM
    (
        SELECT
            *,
            maxIf(batch, in_force) OVER (PARTITION BY tenant, project_id, pipeline_id) AS in_force_batch
        FROM deployment_terms
        WHERE pipeline_id IN (
            SELECT pipeline_id
            FROM deployment_inputs
        )
    )
    WHERE batch >= in_force_batch
    LIMIT 1 BY
        tenant,
        project_id,
        pipeline_id,
        terms,
        batch
) AS t ON (t.tenant = a.tenant) AND (t.project_id = a.project_id) AND (t.pipeline_id = a.pipeline_id)
WHERE ((a.for_batch = 0) OR (a.for_batch = t.batch)) AND arrayExists(r -> match(a.name, r.stage), t.rules);

CREATE VIEW deployment_generation
(
    `generation` Nullable(UInt64),
    `rules` String
)
AS SELECT
    sipHash64(revision, activated_at, version, (
        SELECT max(at)
        FROM deployment_rebuilds
    )) AS generation,
    rules
FROM deployment_rules_in_force;

CREATE TABLE deployment_inputs
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
    `message` String,
    `source_branch` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `tag` String,
    `codehub_id` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `for_batch` UInt64
)
ENGINE = `Null`;

CREATE MATERIALIZED VIEW deployment_inputs_mv TO deployment_inputs
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
    `message` String,
    `source_branch` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `tag` String,
    `codehub_id` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `for_batch` UInt64
)
AS SELECT
    *,
    toUInt64(0) AS for_batch
FROM stage_attempts;

CREATE VIEW deployment_months
(
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `start_month` UInt8
)
AS SELECT
    finished_at,
    toRelativeMonthNum(parseDateTimeBestEffortOrZero(start_text, 'UTC'), 'UTC') % 48 AS start_month
FROM deployment_attempts;

CREATE VIEW deployment_pipeline_rules
AS SELECT
    p.tenant AS tenant,
    p.project_id AS project_id,
    p.pipeline_id AS pipeline_id,
    p.pipeline AS pipeline,
    p.project AS project,
    p.group_path AS group_path,
    r.rule_number AS rule_number,
    r.rule AS rule,
    r.stage AS stage_pattern,
    r.branch AS branch_pattern,
    r.tag AS tag_pattern,
    r.ignored AS ignored,
    replaceAll(replaceAll(r.service, '{project}', p.project), '{pipeline}', p.pipeline) AS service_form,
    if(position(r.service, '{1}') = 0, '', replaceRegexpOne(p.pipeline, concat('(?s)^.*?(?:', r.pipeline, ').*$'), '\\1')) AS captured,
    r.environment AS environment,
    r.marker AS rule_marker,
    arrayFilter(c -> ((c.2) != ''), [('tenant', r.tenant, p.tenant, r.tenant = p.tenant), ('project', r.project, p.project, (r.project = p.project_id) OR match(p.project, r.project)), ('group', r.group, p.group_path, match(p.group_path, r.group)), ('pipeline', r.pipeline, p.pipeline, match(p.pipeline, r.pipeline)), ('pipeline_id', r.pipeline_id, p.pipeline_id, r.pipeline_id = p.pipeline_id)]) AS pipeline_conditions,
    arrayAll(c -> (c.4), pipeline_conditions) AS pipeline_holds
FROM pipeline_names(need_groups = (
    SELECT max(r.group != '')
    FROM deployment_rules_of(rules = {rules:String}) AS r
)) AS p
CROSS JOIN deployment_rules_of(rules = {rules:String}) AS r;

CREATE TABLE deployment_rebuilds
(
    `at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY at
SETTINGS index_granularity = 8192;

CREATE TABLE deployment_rule_sets
(
    `revision` UInt32,
    `activated_at` DateTime64(3, 'UTC'),
    `version` String,
    `source` LowCardinality(String),
    `rules` String
)
ENGINE = ReplacingMergeTree
ORDER BY (revision, activated_at, version)
SETTINGS index_granularity = 8192, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW deployment_rules
(
    `version` String,
    `source` String,
    `activated_at` DateTime64(3, 'UTC'),
    `rule_number` UInt16,
    `rule` String,
    `tenant` String,
    `project` String,
    `group` String,
    `pipeline` String,
    `pipeline_id` String,
    `stage` String,
    `branch` String,
    `tag` String,
    `ignored` Bool,
    `service` String,
    `environment` String,
    `marker` String
)
AS SELECT
    f.version AS version,
    f.source AS source,
    f.activated_at AS activated_at,
    r.*
FROM deployment_rules_of(rules = (
    SELECT rules
    FROM deployment_rules_in_force
)) AS r
CROSS JOIN
(
    SELECT
        version,
        source,
        activated_at
    FROM deployment_rules_in_force
) AS f;

CREATE VIEW deployment_rules_in_force
(
    `revision` UInt32,
    `activated_at` DateTime64(3, 'UTC'),
    `version` String,
    `source` String,
    `rules` String,
    `attribution_ms` Int64,
    `rollback_ms` Int64,
    `zone` String
)
AS SELECT
    revision,
    activated_at,
    version,
    source,
    rules,
    JSONExtractInt(rules, 'attribution_ms') AS attribution_ms,
    JSONExtractInt(rules, 'rollback_ms') AS rollback_ms,
    JSONExtractString(rules, 'zone') AS zone
FROM
(
    SELECT
        revision,
        activated_at,
        version,
        source,
        rules
    FROM deployment_rule_sets
    UNION ALL
    SELECT
        toUInt32(0),
        toDateTime64(0, 3, 'UTC'),
        version,
        source,
        rules
    FROM built_in_deployment_rules
)
ORDER BY
    revision DESC,
    activated_at DESC,
    version DESC
LIMIT 1;

CREATE VIEW deployment_rules_of
AS SELECT
    toUInt16(number) AS rule_number,
    rule.name AS rule,
    rule.tenant AS tenant,
    rule.project AS project,
    rule.group AS group,
    rule.pipeline AS pipeline,
    rule.pipeline_id AS pipeline_id,
    rule.stage AS stage,
    rule.branch AS branch,
    rule.tag AS tag,
    rule.ignore AS ignored,
    rule.service AS service,
    rule.environment AS environment,
    rule.marker AS marker
FROM
(
    SELECT JSONExtract({rules:String}, 'rules', 'Array(Tuple(\n        name String,\n        tenant String,\n        project String,\n        group String,\n        pipeline String,\n        pipeline_id String,\n        stage String,\n        branch String,\n        tag String,\n        ignore Bool,\n        service String,\n        environment String,\n        marker String))') AS `all`
)
ARRAY JOIN
    `all` AS rule,
    arrayEnumerate(`all`) AS number;

CREATE VIEW deployment_stage_rules
AS SELECT
    n.name AS name,
    r.rule_number AS rule_number,
    if(r.stage = '', [], [('stage', r.stage, CAST(n.name, 'String'), match(n.name, r.stage))]) AS stage_conditions,
    arrayAll(c -> (c.4), stage_conditions) AS stage_holds
FROM
(
    SELECT DISTINCT name
    FROM stage_attempts
) AS n
CROSS JOIN deployment_rules_of(rules = {rules:String}) AS r;

CREATE VIEW deployment_success
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` LowCardinality(String),
    `environment` LowCardinality(String),
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
    environment,
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
    environment,
    day;

CREATE TABLE deployment_terms
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `in_force` Bool,
    `batch` UInt64,
    `terms` UInt64,
    `generation` UInt64,
    `pipeline` String,
    `project` String,
    `markers` Array(Tuple(
        kind String,
        branch String,
        tag String,
        message String)),
    `rules` Array(Tuple(
        number UInt16,
        rule String,
        stage String,
        branch String,
        tag String,
        ignored Bool,
        service String,
        captured String,
        environment String,
        marker String))
)
ENGINE = ReplacingMergeTree
PARTITION BY generation
ORDER BY (tenant, project_id, pipeline_id, in_force, batch, terms)
SETTINGS index_granularity = 128;

CREATE VIEW deployment_terms_in_force
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `terms` UInt64
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    argMax(deployment_terms.terms, batch) AS terms
FROM deployment_terms
WHERE in_force
GROUP BY
    tenant,
    project_id,
    pipeline_id;

CREATE VIEW deployment_terms_wanted
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `terms` Nullable(UInt64),
    `generation` Nullable(UInt64),
    `pipeline` String,
    `project` String,
    `markers` Array(Tuple(
        kind String,
        branch String,
        tag String,
        message String)),
    `rules` Array(Tuple(
        UInt16,
        String,
        String,
        String,
        String,
        Bool,
        String,
        String,
        String,
        String))
)
AS WITH
    (
        SELECT (generation, JSONExtract(rules, 'markers', 'Array(Tuple(kind String, branch String, tag String, message String))'))
        FROM deployment_generation
    ) AS now
SELECT
    tenant,
    project_id,
    pipeline_id,
    sipHash64(now.1, tenant, project_id, pipeline_id, pipeline, project, rules) AS terms,
    now.1 AS generation,
    pipeline,
    project,
    now.2 AS markers,
    arraySort(r -> (r.1), groupArrayIf((rule_number, rule, stage_pattern, branch_pattern, tag_pattern, ignored, service_form, captured, environment, rule_marker), rule_number > 0)) AS rules
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        pipeline,
        project,
        rule_number,
        rule,
        stage_pattern,
        branch_pattern,
        tag_pattern,
        ignored,
        service_form,
        captured,
        environment,
        rule_marker
    FROM deployment_pipeline_rules(rules = (
        SELECT rules
        FROM deployment_rules_in_force
    ))
    WHERE pipeline_holds
    UNION ALL
    SELECT
        tenant,
        project_id,
        pipeline_id,
        pipeline,
        project,
        0,
        '',
        '',
        '',
        '',
        false,
        '',
        '',
        '',
        ''
    FROM pipeline_names(need_groups = false)
)
GROUP BY
    tenant,
    project_id,
    pipeline_id,
    pipeline,
    project;

CREATE VIEW deployments
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `project` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `pipeline` LowCardinality(String),
    `service` LowCardinality(String),
    `environment` LowCardinality(String),
    `rule` LowCardinality(String),
    `marker` LowCardinality(String),
    `run_id` String,
    `run_number` Nullable(UInt32),
    `position` UInt16,
    `stage` LowCardinality(String),
    `start_text` String,
    `status` LowCardinality(String),
    `succeeded` Nullable(Bool),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `commit_id` String,
    `codehub_id` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `tag` String,
    `message` String,
    `trigger_type` LowCardinality(String),
    `executor_name` LowCardinality(String),
    `ver` UInt64,
    `start_month` UInt8
)
AS SELECT
    tenant,
    project_id,
    project,
    pipeline_id,
    pipeline,
    service,
    environment,
    rule,
    marker,
    run_id,
    run_number,
    position,
    stage,
    start_text,
    status,
    multiIf(status = 'COMPLETED', true, status = 'FAILED', false, NULL) AS succeeded,
    started_at,
    finished_at,
    duration_ms,
    commit_id,
    codehub_id,
    target_branch,
    tag,
    message,
    trigger_type,
    executor_name,
    ver,
    toRelativeMonthNum(parseDateTimeBestEffortOrZero(start_text, 'UTC'), 'UTC') % 48 AS start_month
FROM deployment_attempts
FINAL
WHERE selected AND (terms IN (
    SELECT terms
    FROM deployment_terms_in_force
))
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW deployments_by
AS WITH
    JSONExtract({rules:String}, 'markers', 'Array(Tuple(kind String, branch String, tag String, message String))') AS markers
SELECT
    tenant,
    project_id,
    project,
    pipeline_id,
    pipeline,
    service,
    environment,
    rule,
    if(rule_marker != '', rule_marker, tupleElement(arrayFirst(m -> (((m.branch != '') AND (match(target_branch, m.branch) OR match(source_branch, m.branch))) OR ((m.tag != '') AND match(tag, m.tag)) OR ((m.message != '') AND match(message, m.message))), markers), 'kind')) AS marker,
    run_id,
    run_number,
    position,
    name AS stage,
    start_text,
    status,
    multiIf(status = 'COMPLETED', true, status = 'FAILED', false, NULL) AS succeeded,
    started_at,
    ended_at AS finished_at,
    duration_ms,
    commit_id,
    codehub_id,
    target_branch,
    tag,
    message,
    trigger_type,
    executor_name,
    ver
FROM deployment_attempt_rules(rules = {rules:String}, run = {run:String})
WHERE decides AND (NOT ignored);

CREATE VIEW dora_bands
(
    `edition` String,
    `metric` String,
    `rank` UInt8,
    `band` String,
    `below` Nullable(Float64),
    `at_most` Nullable(Float64),
    `at_least` Nullable(Float64)
)
AS SELECT
    edition,
    metric,
    rank,
    band,
    below,
    at_most,
    at_least
FROM `values`('edition String, metric String, rank UInt8, band String, below Nullable(Float64), at_most Nullable(Float64), at_least Nullable(Float64)', ('2024-monotonic', 'lead time', 1, 'elite', 86400, NULL, NULL), ('2024-monotonic', 'lead time', 2, 'high', 604800, NULL, NULL), ('2024-monotonic', 'lead time', 3, 'medium', 2592000, NULL, NULL), ('2024-monotonic', 'lead time', 4, 'low', NULL, NULL, NULL), ('2024-monotonic', 'deployment frequency', 1, 'elite', NULL, NULL, 1), ('2024-monotonic', 'deployment frequency', 2, 'high', NULL, NULL, 0.14285714285714285), ('2024-monotonic', 'deployment frequency', 3, 'medium', NULL, NULL, 0.03333333333333333), ('2024-monotonic', 'deployment frequency', 4, 'low', NULL, NULL, NULL), ('2024-monotonic', 'change fail rate', 1, 'elite', NULL, 0.05, NULL), ('2024-monotonic', 'change fail rate', 2, 'high', NULL, 0.1, NULL), ('2024-monotonic', 'change fail rate', 3, 'medium', NULL, 0.2, NULL), ('2024-monotonic', 'change fail rate', 4, 'low', NULL, NULL, NULL), ('2024-monotonic', 'recovery time', 1, 'elite', 3600, NULL, NULL), ('2024-monotonic', 'recovery time', 2, 'high', 86400, NULL, NULL), ('2024-monotonic', 'recovery time', 3, 'medium', 604800, NULL, NULL), ('2024-monotonic', 'recovery time', 4, 'low', NULL, NULL, NULL));

CREATE VIEW dora_buckets
AS WITH
    subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)) AS begin,
    toStartOfDay(begin, {zone:String}) AS first_day
SELECT
    arrayMap(t -> toUnixTimestamp64Milli(t), arrayDistinct(arrayFilter(t -> ((t = begin) OR (t < {to_at:DateTime64(3, 'UTC')})), arrayMap(t -> greatest(begin, multiIf({bucket:String} = 'day', toDateTime64(t, 3, 'UTC'), {bucket:String} = 'week', toDateTime64(toDateTime(toMonday(t), {zone:String}), 3, 'UTC'), {bucket:String} = 'month', toDateTime64(toDateTime(toStartOfMonth(t), {zone:String}), 3, 'UTC'), ({bucket:String} = 'before') AND (t >= {from_at:DateTime64(3, 'UTC')}), {from_at:DateTime64(3, 'UTC')}, begin)), arrayMap(i -> toStartOfDay(addHours(addDays(first_day, i), 12), {zone:String}), range(toUInt32(greatest(dateDiff('day', begin, {to_at:DateTime64(3, 'UTC')}), 0) + 3))))))) AS bucket_starts,
    arrayZip(bucket_starts, arrayPushBack(arrayPopFront(bucket_starts), toUnixTimestamp64Milli({to_at:DateTime64(3, 'UTC')}))) AS buckets;

CREATE VIEW dora_changes
AS SELECT
    unit,
    tenant,
    project_id,
    service,
    environment,
    codehub_id,
    commit_id,
    at AS finished_at,
    tier,
    project,
    committed_at,
    title,
    author_name,
    pipeline_id,
    pipeline,
    run_id,
    run_number,
    stage,
    rule,
    dateDiff('millisecond', committed_at, finished_at) / 1000 AS seconds,
    exception,
    (exception = '') AND ifNull(seconds >= 0, false) AS counted,
    multiIf(counted, 'counted', exception != '', exception, seen_s IS NOT NULL, 'first seen', seconds IS NULL, 'no time', 'negative') AS state,
    if(counted, seconds, NULL) AS lead_s,
    first_seen_at,
    if(first_seen_at <= finished_at, dateDiff('millisecond', first_seen_at, finished_at) / 1000, NULL) AS seen_s,
    run_started_at,
    round(ifNull(seconds, seen_s) - delivery_s, 3) AS wait_s,
    dateDiff('millisecond', run_started_at, finished_at) / 1000 AS delivery_s,
    ifNull((wait_s >= 0) AND (delivery_s >= 0), false) AS split
FROM
(
    SELECT
        c.*,
        f.first_seen_at AS first_seen_at
    FROM
    (
        SELECT
            *,
            commit
        FROM shipped_changes
        WHERE ((unit, batch) IN (
            SELECT
                unit,
                batch
            FROM judged_in_force
        )) AND (at >= {since:DateTime64(3, 'UTC')}) AND (at <= {as_of:DateTime64(3, 'UTC')})
    ) AS c
    ANY LEFT JOIN
    (
        SELECT
            commit,
            toNullable(min(commit_sightings.seen_at)) AS first_seen_at
        FROM commit_sightings
        WHERE commit IN (
            SELECT commit
            FROM shipped_changes
            WHERE (commit > 0) AND (at >= {since:DateTime64(3, 'UTC')}) AND (at <= {as_of:DateTime64(3, 'UTC')})
        )
        GROUP BY commit
    ) AS f ON f.commit = c.commit
);

CREATE VIEW dora_deliveries
AS SELECT
    * EXCEPT (seconds, lead_s, state, run_started_at, wait_s, split),
    run_started_at AS triggered_at
FROM dora_changes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
WHERE tier = 'C';

CREATE VIEW dora_deployments
AS SELECT
    unit,
    tenant,
    project_id,
    project,
    service,
    environment,
    pipeline_id,
    pipeline,
    run_id,
    run_number,
    stage,
    start_text,
    at AS finished_at,
    prev_at,
    commit_id,
    prev_commit,
    executor_name,
    marker,
    rule,
    rule_version,
    mature,
    known_incidents AS incidents,
    known_rollbacks AS rollbacks,
    is_rollback,
    arrayFilter(r -> (r != ''), [if(has(known_incidents.4, 'linked'), 'incident linked to it', ''), if(has(known_incidents.4, 'after it'), 'incident after it', ''), if(notEmpty(known_rollbacks), 'rollback after it', ''), if(mended_by = '', '', concat('marked ', mended_by, ' after it'))]) AS reasons,
    failed,
    arrayConcat(arrayMap(i -> trimRight(concat(i.1, ' ', i.5)), known_incidents), arrayMap(e -> concat('back to ', e.3, ' by ', e.2), arraySlice(known_rollbacks, 1, 1)), if(mended_by = '', [], [concat(mended_by, ' by ', next_run_id)])) AS evidence,
    multiIf(marker = 'bug', 'linked to a bug', marker != '', concat('marked as ', marker), is_rollback, 'went back to an older commit', '') AS rework_reason,
    rework,
    fromUnixTimestamp64Milli(recovered_ms, 'UTC') AS recovered_at,
    recovery_s,
    incident_recovery_s,
    remedy_s,
    open_s
FROM
(
    SELECT
        *,
        arrayMap(i -> (i.1, i.2, if((i.3) <= {as_of:DateTime64(3, 'UTC')}, i.3, NULL), i.4, i.5), arrayFilter(i -> ((i.2) <= {as_of:DateTime64(3, 'UTC')}), incidents)) AS known_incidents,
        arrayFilter(e -> ((e.1) <= {as_of:DateTime64(3, 'UTC')}), rollbacks) AS known_rollbacks
    FROM dora_outcomes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
    WHERE succeeded
);

CREATE VIEW dora_frequency
AS WITH
    arrayMap(t -> toInt64OrZero(t), splitByChar(',', {starts:String})) AS starts
SELECT
    s.unit AS unit,
    s.tenant AS tenant,
    s.project_id AS project_id,
    s.project AS project,
    s.service AS service,
    s.environment AS environment,
    s.bucket_from AS bucket_from,
    s.bucket_to AS bucket_to,
    s.complete AS complete,
    greatest(bucket_from, s.observed_since) AS observed_from,
    greatest(dateDiff('millisecond', observed_from, least(bucket_to, {as_of:DateTime64(3, 'UTC')})), 0) / 86400000 AS observed_days,
    if((observed_days < 0.95) OR ((deployments = 0) AND (NOT complete)), NULL, deployments / observed_days) AS per_day,
    a.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from)
FROM
(
    SELECT
        *,
        arrayJoin(arrayZip(starts, arrayPushBack(arrayPopFront(starts), toUnixTimestamp64Milli({to_at:DateTime64(3, 'UTC')})))) AS bounds,
        fromUnixTimestamp64Milli(bounds.1, 'UTC') AS bucket_from,
        fromUnixTimestamp64Milli(bounds.2, 'UTC') AS bucket_to
    FROM dora_services(from_at = fromUnixTimestamp64Milli(toInt64OrZero(splitByChar(',', {starts:String})[1]), 'UTC'), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
) AS s
LEFT JOIN dora_tallies(starts = {starts:String}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, zone = {zone:String}) AS a ON (a.unit = s.unit) AND (a.tenant = s.tenant) AND (a.project_id = s.project_id) AND (a.bucket_from = s.bucket_from)
WHERE bucket_to > observed_from;

CREATE VIEW dora_incidents
AS SELECT
    i.tenant AS tenant,
    i.incident_id AS incident_id,
    i.service AS service,
    i.environment AS environment,
    i.started_at AS started_at,
    if(i.resolved_at <= {as_of:DateTime64(3, 'UTC')}, i.resolved_at, NULL) AS resolved_at,
    i.title AS title,
    i.source AS source,
    i.severity AS severity,
    i.url AS url,
    i.deployment_run_id AS linked_run_id,
    d.how AS how,
    d.project_id AS project_id,
    d.pipeline_id AS pipeline_id,
    d.run_id AS run_id,
    d.finished_at AS deployed_at,
    multiIf(how != '', '', linked_run_id != '', 'the linked run deployed nothing of this service', i.service = '', 'it names no service and no run', 'no deployment of the service to this environment was the last before it within the attribution window') AS reason
FROM incidents AS i
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        at AS finished_at,
        incident.1 AS incident_id,
        incident.4 AS how
    FROM dora_rows(since = (
        SELECT {since:DateTime64(3, 'UTC')} - toIntervalMillisecond(attribution_ms)
        FROM deployment_rules_in_force
    ), as_of = {as_of:DateTime64(3, 'UTC')})
    ARRAY JOIN incidents AS incident
    WHERE how = 'after it'
    UNION ALL
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        at,
        incident.1,
        incident.4 AS how
    FROM dora_rows(since = toDateTime64(0, 3, 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')})
    ARRAY JOIN incidents AS incident
    WHERE (how = 'linked') AND ((tenant, run_id) IN (
        SELECT
            tenant,
            deployment_run_id
        FROM incident_states
        WHERE (deployment_run_id != '') AND (started_at >= {since:DateTime64(3, 'UTC')})
    ))
) AS d ON (d.tenant = i.tenant) AND (d.incident_id = i.incident_id)
WHERE (i.started_at >= {since:DateTime64(3, 'UTC')}) AND (i.started_at <= {as_of:DateTime64(3, 'UTC')});

CREATE VIEW dora_lead_times
AS WITH
    quantilesExactInclusiveIf(0.5, 0.75, 0.9, 0.95)(assumeNotNull(c.seconds), c.counted) AS leads,
    quantilesExactInclusiveIf(0.5, 0.75, 0.9, 0.95)(assumeNotNull(c.seen_s), c.seen_s IS NOT NULL) AS ages,
    (q -> if(isNaN(q), NULL, q)) AS known,
    arrayMap(t -> toInt64OrZero(t), splitByChar(',', {starts:String})) AS starts
SELECT
    c.unit AS unit,
    c.tenant AS tenant,
    c.project_id AS project_id,
    any(c.service) AS service,
    any(c.environment) AS environment,
    fromUnixTimestamp64Milli(roundDown(toUnixTimestamp64Milli(c.finished_at), arrayPushFront(starts, 0)), 'UTC') AS bucket_from,
    countIf(c.counted) AS changes,
    known(leads[1]) AS lead_p50,
    known(leads[2]) AS lead_p75,
    known(leads[3]) AS lead_p90,
    known(leads[4]) AS lead_p95,
    countIf((c.tier = 'A') AND c.counted) AS changes_a,
    countIf((c.tier = 'B') AND c.counted) AS changes_b,
    countIf(c.tier = 'C') AS changes_c,
    countIf(c.seen_s IS NOT NULL) AS changes_seen,
    known(ages[1]) AS seen_p50,
    known(ages[2]) AS seen_p75,
    known(ages[3]) AS seen_p90,
    known(ages[4]) AS seen_p95,
    countIf(c.exception = 'baseline') AS baseline_changes,
    countIf((c.exception = '') AND (c.seconds < 0)) AS negative_changes,
    countIf((c.tier = 'A') AND (c.exception = '') AND (c.seconds IS NULL)) AS no_time_changes
FROM dora_changes(since = fromUnixTimestamp64Milli(toInt64OrZero(splitByChar(',', {starts:String})[1]), 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS c
WHERE c.finished_at < {to_at:DateTime64(3, 'UTC')}
GROUP BY
    unit,
    tenant,
    project_id,
    bucket_from;

CREATE VIEW dora_numbers
AS SELECT
    unit,
    tenant,
    project_id,
    f.service AS service,
    f.environment AS environment,
    bucket_from,
    f.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from),
    c.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from)
FROM dora_frequency(starts = (
    SELECT arrayStringConcat(bucket_starts, ',')
    FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})
), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, zone = {zone:String}) AS f
LEFT JOIN dora_lead_times(starts = (
    SELECT arrayStringConcat(bucket_starts, ',')
    FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})
), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS c USING (unit, tenant, project_id, bucket_from);

CREATE VIEW dora_outcomes
AS SELECT
    *,
    succeeded AND (notEmpty(ends) OR notEmpty(rollback_ms) OR (mended_by != '')) AS failed,
    succeeded AND ((marker != '') OR is_rollback) AS rework,
    if(failed, arrayMin(arrayFilter(t -> (t > 0), arrayConcat(ends, rollback_ms, [if(mended, ifNull(toUnixTimestamp64Milli(next_at), 0), 0)]))), 0) AS remedy_ms,
    multiIf((NOT failed) OR has(ends, 0), NULL, notEmpty(ends), arrayMax(ends), remedy_ms) AS recovered_ms,
    if(recovered_ms < toUnixTimestamp64Milli(at), 0, recovered_ms - toUnixTimestamp64Milli(at)) / 1000 AS recovery_s,
    if(notEmpty(begun), (recovered_ms - toUnixTimestamp64Milli(begun[1])) / 1000, NULL) AS incident_recovery_s,
    if(remedy_ms > 0, greatest(remedy_ms - toUnixTimestamp64Milli(at), 0) / 1000, NULL) AS remedy_s,
    if(failed AND (recovered_ms IS NULL), dateDiff('millisecond', at, {as_of:DateTime64(3, 'UTC')}) / 1000, NULL) AS open_s
FROM
(
    SELECT
        *,
        succeeded AND ({as_of:DateTime64(3, 'UTC')} >= matures_at) AS mature,
        arrayFilter(start -> (start <= {as_of:DateTime64(3, 'UTC')}), judged_deployments.incidents.2) AS begun,
        arrayMap(end -> if(ifNull(end <= {as_of:DateTime64(3, 'UTC')}, false), toUnixTimestamp64Milli(assumeNotNull(end)), 0), arrayFilter((end, start) -> (start <= {as_of:DateTime64(3, 'UTC')}), judged_deployments.incidents.3, judged_deployments.incidents.2)) AS ends,
        arrayMap(at -> toUnixTimestamp64Milli(at), arrayFilter(at -> (at <= {as_of:DateTime64(3, 'UTC')}), judged_deployments.rollbacks.1)) AS rollback_ms,
        next_mends AND ifNull(next_at <= {as_of:DateTime64(3, 'UTC')}, false) AS mended,
        if(mended AND (marker NOT IN ('hotfix', 'rollback')) AND (NOT is_rollback), next_marker, '') AS mended_by
    FROM judged_deployments
    WHERE ((unit, batch) IN (
        SELECT
            unit,
            batch
        FROM judged_in_force
    )) AND (at >= {since:DateTime64(3, 'UTC')}) AND (at <= {as_of:DateTime64(3, 'UTC')})
);

CREATE VIEW dora_rows
AS SELECT * EXCEPT (generation, batch)
FROM judged_deployments
WHERE ((unit, batch) IN (
    SELECT
        unit,
        batch
    FROM judged_in_force
)) AND (at >= {since:DateTime64(3, 'UTC')}) AND (at <= {as_of:DateTime64(3, 'UTC')});

CREATE VIEW dora_services
AS SELECT
    d.unit AS unit,
    d.tenant AS tenant,
    d.project_id AS project_id,
    any(d.project) AS project,
    d.service AS service,
    d.environment AS environment,
    min(least(d.first_at, greatest(ifNull(v.from_at, d.first_at), ifNull(p.created_at, toDateTime64(0, 3, 'UTC'))))) AS observed_since,
    min(v.complete AND (NOT c.pending) AND ifNull(g.good_at >= (least({to_at:DateTime64(3, 'UTC')}, {as_of:DateTime64(3, 'UTC')}) - toIntervalHour(1)), false)) AS complete
FROM
(
    SELECT *
    FROM judged_pipelines
    WHERE ((unit, batch) IN (
        SELECT
            unit,
            batch
        FROM judged_in_force
    )) AND (first_at < {to_at:DateTime64(3, 'UTC')}) AND (first_at <= {as_of:DateTime64(3, 'UTC')})
) AS d
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        from_at,
        complete
    FROM coverage
    FINAL
) AS v ON (v.tenant = d.tenant) AND (v.project_id = d.project_id) AND (v.pipeline_id = d.pipeline_id)
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        created_at
    FROM pipelines
    FINAL
) AS p ON (p.tenant = d.tenant) AND (p.project_id = d.project_id) AND (p.pipeline_id = d.pipeline_id)
LEFT JOIN
(
    SELECT
        n.tenant AS tenant,
        n.project_id AS project_id,
        n.pipeline_id AS pipeline_id,
        arrayFilter(number -> (number > any(h.through)), groupArrayArray(arrayMap(position -> ((64 * toInt64(n.block)) + position), bitPositionsToArray(n.bits)))) AS newer,
        notEmpty(newer) AND (length(newer) < (arrayMax(newer) - any(h.through))) AS pending
    FROM
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            block,
            bits
        FROM run_numbers
        FINAL
        WHERE (tenant, project_id, pipeline_id) IN (
            SELECT
                tenant,
                project_id,
                pipeline_id
            FROM judged_pipelines
        )
    ) AS n
    INNER JOIN
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            through
        FROM coverage
        FINAL
        WHERE complete
    ) AS h ON (h.tenant = n.tenant) AND (h.project_id = n.project_id) AND (h.pipeline_id = n.pipeline_id)
    WHERE n.block >= intDiv(h.through, 64)
    GROUP BY
        tenant,
        project_id,
        pipeline_id
) AS c ON (c.tenant = d.tenant) AND (c.project_id = d.project_id) AND (c.pipeline_id = d.pipeline_id)
LEFT JOIN
(
    SELECT
        tenant,
        scope,
        newest_polls.finished_at AS good_at
    FROM newest_polls
    FINAL
    WHERE (poller = 'pipelines') AND (what = 'complete')
) AS g ON (g.tenant = d.tenant) AND (g.scope = d.project_id)
GROUP BY
    unit,
    tenant,
    project_id,
    service,
    environment;

CREATE VIEW dora_tallies
AS WITH
    (k, n, sign) -> if(n = 0, NULL, least(greatest((((k / n) + (1.920729 / n)) + ((sign * 1.959964) * sqrt((((k / n) * (1 - (k / n))) / n) + ((0.960365 / n) / n)))) / (1 + (3.841459 / n)), 0), 1)) AS wilson,
    (q -> if(isNaN(q) OR (q > 10000000000.), NULL, q)) AS reached,
    arrayMap(t -> toInt64OrZero(t), splitByChar(',', {starts:String})) AS starts
SELECT
    unit,
    tenant,
    project_id,
    service,
    environment,
    fromUnixTimestamp64Milli(from_ms, 'UTC') AS bucket_from,
    attempts,
    failed_attempts,
    attempts - failed_attempts AS deployments,
    active_days,
    if(attempts = 0, NULL, failed_attempts / attempts) AS attempt_fail_ratio,
    wilson(failed_attempts, attempts, -1) AS attempt_fail_low,
    wilson(failed_attempts, attempts, 1) AS attempt_fail_high,
    deployments - mature AS pending,
    mature,
    failed,
    if(mature = 0, NULL, failed / mature) AS fail_ratio,
    wilson(failed, mature, -1) AS fail_low,
    wilson(failed, mature, 1) AS fail_high,
    failures,
    open_failures,
    oldest_open_s,
    reached(recovery[1]) AS recovery_p50,
    reached(recovery[2]) AS recovery_p75,
    reached(recovery[3]) AS recovery_p90,
    reached(recovery[4]) AS recovery_p95,
    reached(incident_recovery) AS incident_recovery_p50,
    reached(remedy) AS first_remedy_p50,
    rework,
    if(deployments = 0, NULL, rework / deployments) AS rework_ratio,
    wilson(rework, deployments, -1) AS rework_low,
    wilson(rework, deployments, 1) AS rework_high,
    reached(gaps[1]) AS gap_p50,
    reached(gaps[2]) AS gap_p90
FROM
(
    SELECT
        d.unit AS unit,
        d.tenant AS tenant,
        d.project_id AS project_id,
        any(d.service) AS service,
        any(d.environment) AS environment,
        roundDown(toUnixTimestamp64Milli(d.at), arrayPushFront(starts, 0)) AS from_ms,
        count() AS attempts,
        countIf(NOT d.succeeded) AS failed_attempts,
        uniqExactIf(toDate(d.at, {zone:String}), d.succeeded) AS active_days,
        countIf(d.mature) AS mature,
        countIf(d.mature AND d.failed) AS failed,
        countIf(d.failed) AS failures,
        countIf(d.open_s IS NOT NULL) AS open_failures,
        max(d.open_s) AS oldest_open_s,
        quantilesExactInclusiveIf(0.5, 0.75, 0.9, 0.95)(ifNull(d.recovery_s, 1000000000000.), d.failed) AS recovery,
        quantileExactInclusiveIf(0.5)(ifNull(d.incident_recovery_s, 1000000000000.), d.succeeded AND notEmpty(d.begun)) AS incident_recovery,
        quantileExactInclusiveIf(0.5)(ifNull(d.remedy_s, 1000000000000.), d.failed) AS remedy,
        countIf(d.rework) AS rework,
        quantilesExactInclusiveIf(0.5, 0.9)(assumeNotNull(dateDiff('millisecond', d.prev_at, d.at)) / 1000, d.succeeded AND (d.prev_at IS NOT NULL)) AS gaps
    FROM dora_outcomes(since = fromUnixTimestamp64Milli(toInt64OrZero(splitByChar(',', {starts:String})[1]), 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    WHERE d.at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY
        unit,
        tenant,
        project_id,
        from_ms
);

CREATE VIEW dora_undeployed
AS WITH
    (
        SELECT (arrayPushFront(groupArray(repository), 0), arrayPushFront(groupArray(deployed_ms), 0))
        FROM
        (
            SELECT
                cityHash64(d.tenant, d.codehub_id) AS repository,
                min(toUnixTimestamp64Milli(assumeNotNull(d.committed_at))) AS deployed_ms
            FROM dora_rows(since = toDateTime64(0, 3, 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
            WHERE d.succeeded AND (d.committed_at IS NOT NULL) AND ((d.repo_next_at IS NULL) OR (d.repo_next_at > {as_of:DateTime64(3, 'UTC')}))
            GROUP BY repository
        )
    ) AS oldest
SELECT
    s.tenant AS tenant,
    s.project_id AS project_id,
    s.project AS project,
    s.service AS service,
    s.environment AS environment,
    s.last.2 AS deployed_commit,
    s.last.1 AS deployed_at,
    c.commit_id AS commit_id,
    c.title AS title,
    c.author_name AS author_name,
    c.committed_at AS committed_at,
    dateDiff('millisecond', c.committed_at, {as_of:DateTime64(3, 'UTC')}) / 1000 AS age_s
FROM
(
    SELECT *
    FROM commits
    WHERE (tenant, repository_id, commit_id) IN (
        SELECT
            tenant,
            repository_id,
            commit_id
        FROM commit_states
        WHERE toUnixTimestamp64Milli(committed_at) > transform(cityHash64(tenant, repository_id), oldest.1, oldest.2, 9000000000000000)
    )
) AS c
INNER JOIN
(
    SELECT
        tenant,
        project_id,
        project,
        service,
        environment,
        codehub_id,
        (at, commit_id, d.committed_at) AS last
    FROM dora_rows(since = toDateTime64(0, 3, 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    WHERE d.succeeded AND ((d.repo_next_at IS NULL) OR (d.repo_next_at > {as_of:DateTime64(3, 'UTC')}))
) AS s ON (c.tenant = s.tenant) AND (c.repository_id = s.codehub_id)
WHERE (c.committed_at > (s.last.3)) AND (c.committed_at <= {as_of:DateTime64(3, 'UTC')});

CREATE TABLE empty_gate_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `gate_id` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, gate_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW empty_gate_states_mv TO empty_gate_states
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `gate_id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    id AS gate_id,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE (kind = 'gate') AND empty(tupleElement(tupleElement(JSONExtract(body, 'Tuple(result Tuple(review_info Array(Tuple(name String))))'), 1), 1));

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
SETTINGS index_granularity = 8192, fsync_after_insert = 1, fsync_part_directory = 1, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE TABLE extension_events
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

CREATE MATERIALIZED VIEW extension_events_mv TO extension_events
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
WHERE kind IN ('publisher', 'available_publisher', 'publisher_detail', 'stage_plugin', 'optional_plugin', 'plugin', 'plugin_version', 'plugin_version_detail', 'plugin_version_list', 'plugin_metrics', 'plugin_inputs', 'plugin_outputs', 'basic_plugin', 'basic_plugin_detail', 'basic_plugin_version_list');

CREATE VIEW failed_stages_as_of
AS WITH
    1 + arrayCount(failure -> ((failure.1) <= {as_of:DateTime64(3, 'UTC')}), r.later) AS n,
    if(n = 1, (r.red_since, r.first_run_id, r.first_run_number, r.first_commit_id), r.later[n - 1]) AS last
SELECT
    r.tenant AS tenant,
    r.project_id AS project_id,
    r.pipeline_id AS pipeline_id,
    p.name AS pipeline,
    p.project_name AS project_name,
    last.2 AS run_id,
    last.3 AS run_number,
    (r.failed_by[n]).1 AS position,
    r.stage AS stage,
    last.1 AS ended_at,
    CAST((r.failed_by[n]).2, 'String') AS executor_name,
    last.4 AS commit_id,
    r.target_branch AS target_branch,
    r.red_since AS red_since,
    r.first_run_id AS first_run_id,
    r.first_run_number AS first_run_number,
    r.position AS first_position,
    r.first_commit_id AS first_commit_id,
    r.first_executor_name AS first_executor_name,
    toUInt64(n) AS failures,
    r.last_green_at AS last_green_at
FROM
(
    SELECT *
    FROM judged_red_times
    PREWHERE (red_since <= {as_of:DateTime64(3, 'UTC')}) AND (green_at > {as_of:DateTime64(3, 'UTC')})
    WHERE ((unit, batch) IN (
        SELECT
            unit,
            batch
        FROM judged_in_force
    )) AND ((arrayCount(at -> (at <= {as_of:DateTime64(3, 'UTC')}), gone_and_back) % 2) = 0)
) AS r
INNER JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS name,
        argMaxIf(pipelines.project_name, pipelines.ver, pipelines.project_name != '') AS project_name
    FROM pipelines
    GROUP BY
        tenant,
        project_id,
        pipeline_id
    HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= {as_of:DateTime64(3, 'UTC')}), pipelines.ver) != (1, true)
) AS p ON (p.tenant = r.tenant) AND (p.project_id = r.project_id) AND (p.pipeline_id = r.pipeline_id)
WHERE (last.1) > ({as_of:DateTime64(3, 'UTC')} - toIntervalDay(30));

CREATE VIEW failed_stages_now
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `pipeline` String,
    `project_name` String,
    `run_id` String,
    `run_number` Nullable(UInt32),
    `position` UInt16,
    `stage` LowCardinality(String),
    `ended_at` DateTime64(3, 'UTC'),
    `executor_name` String,
    `commit_id` String,
    `target_branch` LowCardinality(String),
    `red_since` DateTime64(3, 'UTC'),
    `first_run_id` String,
    `first_run_number` Nullable(UInt32),
    `first_position` UInt16,
    `first_commit_id` String,
    `first_executor_name` LowCardinality(String),
    `failures` UInt64,
    `last_green_at` Nullable(DateTime64(3, 'UTC'))
)
AS SELECT *
FROM failed_stages_as_of(as_of = now64(3, 'UTC'));

CREATE VIEW failed_steps
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `stage_position` UInt16,
    `stage` LowCardinality(String),
    `job_id` String,
    `job` LowCardinality(String),
    `step_id` String,
    `step` String,
    `status` LowCardinality(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `message` String,
    `log_state` String,
    `log_reason` LowCardinality(String),
    `log` Nullable(String),
    `log_whole` Nullable(Bool)
)
AS SELECT
    s.tenant AS tenant,
    s.project_id AS project_id,
    s.pipeline_id AS pipeline_id,
    s.run_id AS run_id,
    s.stage_position AS stage_position,
    s.stage_name AS stage,
    s.job_id AS job_id,
    s.job_name AS job,
    s.step_id AS step_id,
    if(s.name = '', s.task, s.name) AS step,
    s.status AS status,
    s.started_at AS started_at,
    s.ended_at AS ended_at,
    if(s.message = '', j.message, s.message) AS message,
    multiIf((l.state NOT IN ('', 'pending')), l.state, (s.phase != 'job') OR (position(s.job_id, '/') > 0) OR (position(s.step_id, '/') > 0), 'unavailable', ifNull(s.ended_at, s.observed_at) < (now64(3) - toIntervalDay(90)), 'expired', 'pending') AS log_state,
    l.reason AS log_reason,
    if(l.state = 'have', l.log, NULL) AS log,
    if(l.state = 'have', l.whole, NULL) AS log_whole
FROM
(
    SELECT *
    FROM steps
    FINAL
    WHERE status IN ('FAILED', 'ASYNC_FAILED')
) AS s
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        job_id,
        message
    FROM jobs
    FINAL
) AS j ON (j.tenant = s.tenant) AND (j.project_id = s.project_id) AND (j.pipeline_id = s.pipeline_id) AND (j.run_id = s.run_id) AND (j.job_id = s.job_id)
LEFT JOIN
(
    SELECT
        *,
        toUnixTimestamp64Milli(ifNull(ended_at, toDateTime64(0, 3, 'UTC'))) AS ended_ms
    FROM step_logs
    FINAL
) AS l ON (l.tenant = s.tenant) AND (l.project_id = s.project_id) AND (l.pipeline_id = s.pipeline_id) AND (l.run_id = s.run_id) AND (l.step_id = s.step_id) AND (l.ended_ms = toUnixTimestamp64Milli(ifNull(s.ended_at, toDateTime64(0, 3, 'UTC'))));

CREATE VIEW flaky_commits
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `position` UInt16,
    `stage` LowCardinality(String),
    `commit_id` String,
    `failed_at` DateTime64(3, 'UTC'),
    `passed_at` DateTime64(3, 'UTC'),
    `finished_at` DateTime64(3, 'UTC'),
    `failures` UInt64,
    `failed_s` Float64,
    `passed_by` LowCardinality(String)
)
AS SELECT * EXCEPT (generation, batch, unit)
FROM judged_flaky_commits
WHERE (unit, batch) IN (
    SELECT
        unit,
        batch
    FROM judged_in_force
);

CREATE VIEW flaky_commits_now
AS SELECT
    cityHash64(tenant, project_id, pipeline_id) AS unit,
    tenant,
    project_id,
    pipeline_id,
    position,
    stage,
    commit_id,
    assumeNotNull(failed_first_at) AS failed_at,
    assumeNotNull(passed_first_at) AS passed_at,
    finished_at,
    failures,
    assumeNotNull(failed_s) AS failed_s,
    passed_by
FROM stage_commits
WHERE flaky AND ((tenant, project_id, pipeline_id) IN (
    SELECT
        tenant,
        project_id,
        pipeline_id
    FROM line_touches
    WHERE line IN (
        SELECT judging_units.unit
        FROM judging_units
        WHERE batch = {batch:UInt64}
    )
));

CREATE VIEW freshness
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `poller` LowCardinality(String),
    `kinds` Array(String),
    `every_s` Nullable(Float64),
    `last_poll_at` Nullable(DateTime64(3, 'UTC')),
    `last_good_poll_at` Nullable(DateTime64(3, 'UTC')),
    `last_complete_at` Nullable(DateTime64(3, 'UTC')),
    `last_complete_total` Nullable(Int64),
    `last_errors` UInt32,
    `last_held` UInt32,
    `ver` UInt64
)
AS SELECT
    tenant,
    scope,
    poller,
    anyIf(p.kinds, what = 'round') AS kinds,
    anyIf(p.every_s, what = 'round') AS every_s,
    maxIf(p.finished_at, what = 'round') AS last_poll_at,
    maxIf(p.finished_at, what = 'good') AS last_good_poll_at,
    maxIf(p.finished_at, what = 'complete') AS last_complete_at,
    anyIf(toNullable(p.total), what = 'complete') AS last_complete_total,
    anyIf(p.errors, what = 'round') AS last_errors,
    anyIf(p.held, what = 'round') AS last_held,
    maxIf(p.ver, what = 'round') AS ver
FROM newest_polls AS p
FINAL
WHERE what != 'record'
GROUP BY
    tenant,
    scope,
    poller;

CREATE VIEW gap_days
AS WITH
    {since:Date} - least(8, toUInt16({since:Date})) AS before
SELECT
    n.line AS line,
    any(n.tenant) AS tenant,
    any(n.project_id) AS project_id,
    any(n.pipeline_id) AS pipeline_id,
    newest_day AS day,
    sum(n.missing) AS missing,
    sum(n.unknown) AS unknown
FROM
(
    SELECT
        r.line AS line,
        any(g.tenant) AS tenant,
        any(g.project_id) AS project_id,
        any(g.pipeline_id) AS pipeline_id,
        argMax(r.day, r.ver) AS newest_day,
        any(g.missing) AS missing,
        any(g.unknown) AS unknown
    FROM
    (
        SELECT
            line,
            toInt64(assumeNotNull(run_number)) AS number,
            runs_by_day.day AS day,
            ver
        FROM runs_by_day
        WHERE (runs_by_day.day >= before) AND (run_number IS NOT NULL) AND (line IN (
            SELECT cityHash64(tenant, project_id, pipeline_id)
            FROM known_numbers
            WHERE (assumeNotNull(high - low) + 1) > numbers
        ))
    ) AS r
    INNER JOIN
    (
        SELECT
            *,
            cityHash64(tenant, project_id, pipeline_id) AS line
        FROM number_gaps
    ) AS g ON (g.line = r.line) AND (g.number = r.number)
    GROUP BY
        r.line,
        r.number
    HAVING newest_day >= {since:Date}
) AS n
GROUP BY
    line,
    day;

CREATE VIEW gate_changes
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `kind` String,
    `config_id` String,
    `config_name` String,
    `item` String,
    `field` String,
    `old_value` String,
    `new_value` String,
    `changed_at` DateTime64(3, 'UTC'),
    `changed_by` String,
    `direction` String,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    (s, item, field) -> multiIf((s.item = item) AND (s.field = field), false, (s.field IN ('checked', 'enable', 'is_valid')), (s.item IN ('', item)) OR ((s.field = 'is_valid') AND startsWith(item, concat(s.item, '/'))), s.field = 'version_set', item != '', s.field = 'security', match(field, '^(severity|cve)'), field = concat(s.field, ' values')) AS governs,
    states AS
    (
        SELECT
            * EXCEPT settings,
            settings AS all_settings,
            lagInFrame(settings) OVER config AS all_before,
            lagInFrame(version) OVER config AS version_before,
            lagInFrame(edit_text) OVER config AS edit_before,
            row_number() OVER config AS number
        FROM gate_lives
        WINDOW config AS (PARTITION BY tenant, project_id, kind, config_id ORDER BY ver ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    ),
    pairs AS
    (
        SELECT
            * EXCEPT (all_settings, all_before, differing, items),
            arrayDistinct(arrayMap(s -> (s.1, s.2), differing)) AS keys,
            arrayFilter(s -> has(items, s.item), all_before) AS before,
            arrayFilter(s -> has(items, s.item), all_settings) AS settings,
            arrayFilter(s -> ((s.relation = 'switch') AND (s.value = 'false') AND (s.field != 'exists')), arrayConcat(all_before, all_settings)) AS off
        FROM
        (
            SELECT
                *,
                arraySymmetricDifference(arrayMap(s -> (s.item, s.field, s.value, s.parent), all_settings), arrayMap(s -> (s.item, s.field, s.value, s.parent), all_before)) AS differing,
                arrayDistinct(arrayConcat([''], differing.1, differing.4)) AS items
            FROM states
            WHERE number > 1
        )
    ),
    fields AS
    (
        SELECT
            *,
            key,
            full AND (NOT gone) AND ((version != version_before) OR (edit_text != edit_before)) AS edited,
            arrayFirst(s -> ((s.item = (key.1)) AND (s.field = (key.2))), before) AS old,
            arrayFirst(s -> ((s.item = (key.1)) AND (s.field = (key.2))), settings) AS new,
            old.field != '' AS in_old,
            new.field != '' AS in_new,
            arrayExists(s -> (s.item = (key.1)), before) AND arrayExists(s -> (s.item = (key.1)), settings) AS item_in_both,
            if(in_new, new.parent, old.parent) AS parent,
            arrayExists(s -> governs(s, key.1, key.2), off) AS idle,
            arrayExists(s -> (s.item = parent), before) AND arrayExists(s -> (s.item = parent), settings) AS parent_in_both,
            arrayExists(s -> ((s.item = '') AND (s.value = 'true')), before) AND arrayExists(s -> ((s.item = '') AND (s.value = 'true')), settings) AS lives,
            if(in_old, old.value, if((key.2) = 'exists', 'false', '')) AS old_value,
            if(in_new, new.value, if((key.2) = 'exists', 'false', '')) AS new_value
        FROM pairs
        ARRAY JOIN keys AS key
    )
SELECT
    f.tenant AS tenant,
    f.project_id AS project_id,
    f.kind AS kind,
    f.config_id AS config_id,
    f.config_name AS config_name,
    if(f.in_new, f.new.label, f.old.label) AS item,
    f.key.2 AS field,
    f.old_value AS old_value,
    f.new_value AS new_value,
    if(f.edited, coalesce(e.operated_at, f.edited_at, f.observed_at), f.observed_at) AS changed_at,
    multiIf(NOT f.edited, '', e.operator != '', e.operator, f.who) AS changed_by,
    multiIf(f.idle, 'changed', ((f.key.2) = 'exists') OR ((f.old.relation = 'switch') AND (f.new.relation = 'switch')), multiIf((f.old_value = 'true') AND (f.new_value = 'false'), 'weakened', (f.old_value = 'false') AND (f.new_value = 'true'), 'strengthened', 'changed'), (f.old.relation != f.new.relation) OR (f.old.relation = ''), 'changed', f.old.relation = 'set', multiIf((f.new_value = '') OR ((f.old_value != '') AND hasAll(splitByString(', ', f.old_value), splitByString(', ', f.new_value))), 'weakened', (f.old_value = '') OR hasAll(splitByString(', ', f.new_value), splitByString(', ', f.old_value)), 'strengthened', 'changed'), (toFloat64OrNull(f.old_value) IS NULL) OR (toFloat64OrNull(f.new_value) IS NULL) OR (toFloat64OrNull(f.old_value) = toFloat64OrNull(f.new_value)), 'changed', (toFloat64OrNull(f.new_value) > toFloat64OrNull(f.old_value)) = (f.new.relation = 'min'), 'strengthened', 'weakened') AS direction,
    f.observed_at AS observed_at,
    f.ver AS ver
FROM fields AS f
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        kind,
        config_id,
        version,
        toString(argMax(config_edits.operator, config_edits.ver)) AS operator,
        argMax(config_edits.operated_at, config_edits.ver) AS operated_at
    FROM config_edits
    FINAL
    WHERE version != ''
    GROUP BY
        tenant,
        project_id,
        kind,
        config_id,
        version
) AS e ON (e.tenant = f.tenant) AND (e.project_id = f.project_id) AND (e.kind = f.kind) AND (e.config_id = f.config_id) AND (e.version = f.version)
WHERE (f.old_value != f.new_value) AND ((f.key = ('', 'exists')) OR (f.lives AND ((f.key.2) = 'exists') AND f.parent_in_both) OR (f.lives AND ((f.key.2) != 'exists') AND f.item_in_both));

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

CREATE VIEW gate_lives
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `kind` String,
    `config_id` String,
    `config_name` String,
    `version` String,
    `who` String,
    `edit_text` String,
    `edited_at` Nullable(DateTime64(3, 'UTC')),
    `op` String,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `full` UInt8,
    `gone` UInt8,
    `settings` Array(Tuple(
        parent String,
        item String,
        label String,
        field String,
        relation String,
        value String))
)
AS SELECT
    * EXCEPT (stated, last_stated),
    if(gone, CAST([('', '', '', 'exists', 'switch', 'false')], 'Array(Tuple(parent String, item String, label String, field String, relation String, value String))'), last_stated) AS settings
FROM
(
    SELECT
        *,
        argMaxIf(stated, ver, full AND (NOT gone)) OVER (PARTITION BY tenant, project_id, kind, config_id ORDER BY ver ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS last_stated
    FROM
    (
        SELECT
            *,
            op IN ('deleted', 'expired') AS gone
        FROM
        (
            SELECT
                * EXCEPT raw,
                CAST(arrayMap((s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6), raw, arrayEnumerateUniq(raw.2, raw.4)), 'Array(Tuple(parent String, item String, label String, field String, relation String, value String))') AS stated,
                1 AS full
            FROM
            (
                SELECT
                    tenant,
                    project_id,
                    'gate' AS kind,
                    gate_id AS config_id,
                    'code check gate' AS config_name,
                    '' AS version,
                    '' AS who,
                    '' AS edit_text,
                    CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS edited_at,
                    any(gate_history.op) AS op,
                    any(gate_history.observed_at) AS observed_at,
                    ver,
                    arrayConcat([('', '', '', 'exists', 'switch', 'true')], arrayFlatten(arrayMap(i -> [('', i.2, i.2, 'exists', 'switch', 'true'), ('', i.2, i.2, 'value', multiIf(((i.3) IN ('≤', '<=', '<')), 'max', ((i.3) IN ('≥', '>=', '>')), 'min', ''), ifNull(toString(i.5), '')), ('', i.2, i.2, 'compare', '', i.3), ('', i.2, i.2, 'checked', 'switch', toString(i.4))], arraySort(groupArray((position, toString(name), toString(compare_type), is_check, value)))))) AS raw
                FROM gate_history
                FINAL
                GROUP BY
                    tenant,
                    project_id,
                    gate_id,
                    ver
                UNION ALL
                SELECT
                    tenant,
                    project_id,
                    'gate' AS kind,
                    gate_id AS config_id,
                    'code check gate' AS config_name,
                    '' AS version,
                    '' AS who,
                    '' AS edit_text,
                    NULL AS edited_at,
                    op,
                    observed_at,
                    ver,
                    [('', '', '', 'exists', 'switch', 'true')] AS raw
                FROM empty_gate_states
                FINAL
            )
            UNION ALL
            SELECT
                tenant,
                '' AS project_id,
                'rule' AS kind,
                rule_id AS config_id,
                name AS config_name,
                version,
                updater AS who,
                update_text AS edit_text,
                updated_at AS edited_at,
                op,
                observed_at,
                ver,
                settings AS stated,
                1 AS full
            FROM rule_states
            FINAL
            UNION ALL
            SELECT
                tenant,
                project_id,
                'rule_set' AS kind,
                rule_set_id AS config_id,
                name AS config_name,
                version,
                updater AS who,
                update_text AS edit_text,
                updated_at AS edited_at,
                op,
                observed_at,
                ver,
                settings AS stated,
                1 AS full
            FROM rule_set_states
            FINAL
            UNION ALL
            SELECT
                tenant,
                project_id,
                'open_source_rule_set' AS kind,
                policy_id AS config_id,
                name AS config_name,
                version,
                updater AS who,
                update_text AS edit_text,
                updated_at AS edited_at,
                op,
                observed_at,
                ver,
                settings AS stated,
                1 AS full
            FROM open_source_states
            FINAL
            UNION ALL
            SELECT
                tenant,
                project_id,
                kind,
                config_id,
                name AS config_name,
                version,
                '' AS who,
                '' AS edit_text,
                NULL AS edited_at,
                op,
                observed_at,
                ver,
                [] AS stated,
                0 AS full
            FROM config_edits
            FINAL
            WHERE op IN ('deleted', 'expired', 'restored')
        )
        WHERE op != 'missing'
    )
)
WHERE notEmpty(last_stated);

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

CREATE VIEW good_sweeps_since
AS SELECT
    tenant,
    scope,
    day,
    CAST(swept_at, 'Nullable(DateTime64(3, \'UTC\'))') AS last_good_sweep_at
FROM poll_days
FINAL
WHERE (poller = 'pipelines') AND (day >= {since:Date}) AND (swept_at > toDateTime64(0, 3, 'UTC'));

CREATE VIEW group_history
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `kind` LowCardinality(String),
    `group_id` String,
    `name` String,
    `path` Array(String),
    `old_path` Array(String),
    `old_name` String,
    `parent_id` String,
    `old_parent_id` String,
    `path_id` String,
    `old_path_id` String,
    `depth` UInt8,
    `ordinal` Int32,
    `changes` Array(String),
    `creator` LowCardinality(String),
    `updater` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `says_who` UInt8,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    s.tenant AS tenant,
    s.project_id AS project_id,
    s.kind AS kind,
    s.group_id AS group_id,
    s.name AS name,
    arrayMap(g -> coalesce(nullIf((arrayLast(x -> ((x.1) <= s.observed_at), n.names[g])).2, ''), g), splitByChar('.', s.path_id)) AS path,
    if(s.n = 1, [], arrayMap(g -> coalesce(nullIf((arrayLast(x -> ((x.1) < s.observed_at), n.names[g])).2, ''), g), splitByChar('.', s.old_path_id))) AS old_path,
    s.old_name AS old_name,
    s.parent_id AS parent_id,
    s.old_parent_id AS old_parent_id,
    s.path_id AS path_id,
    s.old_path_id AS old_path_id,
    s.depth AS depth,
    s.ordinal AS ordinal,
    arrayFilter(c -> (c != ''), if(s.n = 1, ['created'], [if(s.name != s.old_name, 'renamed', ''), multiIf(s.parent_id != s.old_parent_id, 'moved', s.path_id != s.old_path_id, 'carried', ''), if((s.parent_id = s.old_parent_id) AND (s.ordinal != s.old_ordinal), 'reordered', '')])) AS changes,
    s.creator AS creator,
    s.updater AS updater,
    s.created_at AS created_at,
    s.updated_at AS updated_at,
    (s.n > 1) AND (s.updated_at IS NOT NULL) AND (NOT (s.updated_at <=> s.old_updated_at)) AS says_who,
    s.op AS op,
    s.observed_at AS observed_at,
    s.ver AS ver
FROM
(
    SELECT
        *,
        row_number() OVER w AS n,
        lagInFrame(name) OVER w AS old_name,
        lagInFrame(parent_id) OVER w AS old_parent_id,
        lagInFrame(path_id) OVER w AS old_path_id,
        lagInFrame(ordinal) OVER w AS old_ordinal,
        lagInFrame(updated_at) OVER w AS old_updated_at
    FROM group_states
    FINAL
    WINDOW w AS (PARTITION BY tenant, project_id, kind, group_id ORDER BY ver ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
) AS s
INNER JOIN
(
    SELECT
        tenant,
        project_id,
        kind,
        mapFromArrays(groupArray(group_id), groupArray(states)) AS names
    FROM
    (
        SELECT
            tenant,
            project_id,
            kind,
            group_id,
            arraySort(groupArray((observed_at, name))) AS states
        FROM group_states
        FINAL
        GROUP BY
            tenant,
            project_id,
            kind,
            group_id
    )
    GROUP BY
        tenant,
        project_id,
        kind
) AS n ON (n.tenant = s.tenant) AND (n.project_id = s.project_id) AND (n.kind = s.kind);

CREATE VIEW group_moves
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `kind` LowCardinality(String),
    `group_id` String,
    `name` String,
    `old_path` Array(String),
    `new_path` Array(String),
    `old_parent_id` String,
    `new_parent_id` String,
    `seen_at` DateTime64(3, 'UTC'),
    `moved_at` Nullable(DateTime64(3, 'UTC')),
    `moved_by` String,
    `ver` UInt64
)
AS SELECT
    tenant,
    project_id,
    kind,
    group_id,
    name,
    old_path,
    path AS new_path,
    old_parent_id,
    parent_id AS new_parent_id,
    observed_at AS seen_at,
    if(says_who, updated_at, NULL) AS moved_at,
    if(says_who, updater, '') AS moved_by,
    ver
FROM group_history
WHERE has(changes, 'moved');

CREATE TABLE group_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `kind` LowCardinality(String),
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
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, kind, group_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW group_states_mv TO group_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `kind` LowCardinality(String),
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
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n        parent_id String,\n        path_id String,\n        ordinal Int32,\n        name String,\n        domain_id String,\n        creator String,\n        create_user String,\n        updater String,\n        update String,\n        update_user String)') AS b,
    kind = 'build_group' AS build,
    if(build, JSONExtractString(body, 'create_time'), '') AS created,
    if(build, JSONExtractString(body, 'update_time'), '') AS updated
SELECT
    tenant,
    scope AS project_id,
    kind,
    id AS group_id,
    b.parent_id AS parent_id,
    b.path_id AS path_id,
    toUInt8(length(splitByChar('.', b.path_id))) AS depth,
    b.ordinal AS ordinal,
    b.name AS name,
    b.domain_id AS domain_id,
    if(build, b.create_user, b.creator) AS creator,
    multiIf(build, b.update_user, b.updater = '', b.update, b.updater) AS updater,
    created AS created_text,
    updated AS updated_text,
    if(build, parseDateTime64BestEffortOrNull(created, 3, 'UTC'), fromUnixTimestamp64Milli(nullIf(JSONExtractInt(body, 'create_time'), 0), 'UTC')) AS created_at,
    if(build, parseDateTime64BestEffortOrNull(updated, 3, 'UTC'), fromUnixTimestamp64Milli(nullIf(JSONExtractInt(body, 'update_time'), 0), 'UTC')) AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind IN ('pipeline_group', 'build_group');

CREATE VIEW groups_now
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `kind` LowCardinality(String),
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
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `path` Array(String)
)
AS SELECT
    g.*,
    arrayMap(id -> if((n.names[id]) = '', id, n.names[id]), splitByChar('.', g.path_id)) AS path
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM group_states
        FINAL
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            project_id,
            kind,
            group_id
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS g
INNER JOIN
(
    SELECT
        tenant,
        project_id,
        kind,
        mapFromArrays(groupArray(group_id), groupArray(name)) AS names
    FROM
    (
        SELECT
            tenant,
            project_id,
            kind,
            group_id,
            argMax(group_states.name, group_states.ver) AS name
        FROM group_states
        GROUP BY
            tenant,
            project_id,
            kind,
            group_id
    )
    GROUP BY
        tenant,
        project_id,
        kind
) AS n ON (n.tenant = g.tenant) AND (n.project_id = g.project_id) AND (n.kind = g.kind);

CREATE TABLE iam_project_states
(
    `tenant` LowCardinality(String),
    `iam_project_id` String,
    `name` LowCardinality(String),
    `domain_id` LowCardinality(String),
    `parent_id` String,
    `is_domain` Nullable(Bool),
    `enabled` Nullable(Bool),
    `description` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, iam_project_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW iam_project_states_mv TO iam_project_states
(
    `tenant` LowCardinality(String),
    `iam_project_id` String,
    `name` String,
    `domain_id` String,
    `parent_id` String,
    `is_domain` Nullable(Bool),
    `enabled` Nullable(Bool),
    `description` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    name String,\n    domain_id String,\n    parent_id String,\n    is_domain Nullable(Bool),\n    enabled Nullable(Bool),\n    description String)') AS b
SELECT
    tenant,
    id AS iam_project_id,
    b.name AS name,
    b.domain_id AS domain_id,
    b.parent_id AS parent_id,
    b.is_domain AS is_domain,
    b.enabled AS enabled,
    b.description AS description,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'iam_project';

CREATE VIEW iam_projects
(
    `tenant` LowCardinality(String),
    `iam_project_id` String,
    `name` LowCardinality(String),
    `domain_id` LowCardinality(String),
    `parent_id` String,
    `is_domain` Nullable(Bool),
    `enabled` Nullable(Bool),
    `description` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT *
FROM
(
    SELECT *
    FROM iam_project_states
    FINAL
    ORDER BY ver DESC
    LIMIT 1 BY
        tenant,
        iam_project_id
)
WHERE op NOT IN ('deleted', 'expired');

CREATE TABLE incident_states
(
    `tenant` LowCardinality(String),
    `incident_id` String,
    `service` LowCardinality(String),
    `environment` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC'),
    `resolved_at` Nullable(DateTime64(3, 'UTC')),
    `title` String,
    `source` LowCardinality(String),
    `deployment_run_id` String,
    `deployment_stage` String,
    `severity` LowCardinality(String),
    `url` String,
    `withdrawn` Bool,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, incident_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW incident_states_mv TO incident_states
(
    `tenant` LowCardinality(String),
    `incident_id` String,
    `service` String,
    `environment` String,
    `started_at` DateTime64(3, 'UTC'),
    `resolved_at` Nullable(DateTime64(3, 'UTC')),
    `title` String,
    `source` String,
    `deployment_run_id` String,
    `deployment_stage` String,
    `severity` String,
    `url` String,
    `withdrawn` Bool,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    service String,\n    environment String,\n    started_at String,\n    resolved_at String,\n    title String,\n    source String,\n    deployment Tuple(run_id String, stage String),\n    severity String,\n    url String,\n    withdrawn Bool)') AS b
SELECT
    tenant,
    id AS incident_id,
    b.service AS service,
    b.environment AS environment,
    parseDateTime64BestEffortOrZero(b.started_at, 3, 'UTC') AS started_at,
    if(b.resolved_at = '', NULL, parseDateTime64BestEffortOrNull(b.resolved_at, 3, 'UTC')) AS resolved_at,
    b.title AS title,
    b.source AS source,
    b.deployment.run_id AS deployment_run_id,
    b.deployment.stage AS deployment_stage,
    b.severity AS severity,
    b.url AS url,
    b.withdrawn AS withdrawn,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM delivery_events
WHERE kind = 'incident';

CREATE VIEW incidents
(
    `tenant` LowCardinality(String),
    `incident_id` String,
    `service` LowCardinality(String),
    `environment` LowCardinality(String),
    `started_at` DateTime64(3, 'UTC'),
    `resolved_at` Nullable(DateTime64(3, 'UTC')),
    `title` String,
    `source` LowCardinality(String),
    `deployment_run_id` String,
    `deployment_stage` String,
    `severity` LowCardinality(String),
    `url` String,
    `ver` UInt64
)
AS SELECT
    tenant,
    incident_id,
    service,
    environment,
    started_at,
    resolved_at,
    title,
    source,
    deployment_run_id,
    deployment_stage,
    severity,
    url,
    ver
FROM
(
    SELECT *
    FROM incident_states
    FINAL
    ORDER BY ver DESC
    LIMIT 1 BY
        tenant,
        incident_id
)
WHERE NOT withdrawn;

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
WHERE kind IN ('pipeline', 'pipeline_group', 'build_group', 'repository', 'gate', 'build_tenant', 'odd_row', 'project', 'iam_project');

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
        toUInt16((first_stage + number) - 1) AS stage_position,
        stage.jobs AS stage_jobs,
        op,
        observed_at,
        ver
    FROM
    (
        WITH
            JSONExtract(body, 'Tuple(\n            pipeline_id String,\n            run_id String,\n            first_stage UInt16,\n            stages Array(Tuple(\n                id String,\n                name String,\n                jobs Array(Tuple(\n                    id String,\n                    category String,\n                    sequence Int32,\n                    async String,\n                    name String,\n                    identifier String,\n                    depends_on Array(String),\n                    condition String,\n                    resource String,\n                    is_select Bool,\n                    timeout String,\n                    last_dispatch_id String,\n                    exec_id String,\n                    status String,\n                    message String,\n                    start_time Int64,\n                    end_time Int64)))))') AS b
        SELECT
            tenant,
            scope AS project_id,
            b.pipeline_id AS pipeline_id,
            if(kind = 'run_detail', id, b.run_id) AS run_id,
            b.first_stage AS first_stage,
            b.stages AS stages,
            op,
            observed_at,
            bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
        FROM run_detail_events
        WHERE kind IN ('run_detail', 'run_detail_stage')
    )
    ARRAY JOIN
        stages AS stage,
        arrayEnumerate(stages) AS number
)
ARRAY JOIN
    stage_jobs AS job,
    arrayEnumerate(stage_jobs) AS number;

CREATE TABLE judged_deployments
(
    `generation` UInt64,
    `batch` UInt64,
    `unit` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` LowCardinality(String),
    `environment` LowCardinality(String),
    `codehub_id` LowCardinality(String),
    `succeeded` Bool,
    `at` DateTime64(3, 'UTC'),
    `run_id` String,
    `position` UInt16,
    `start_text` String,
    `stage` LowCardinality(String),
    `commit_id` String,
    `committed_at` Nullable(DateTime64(3, 'UTC')),
    `project` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `pipeline` LowCardinality(String),
    `run_number` Nullable(UInt32),
    `executor_name` LowCardinality(String),
    `rule` LowCardinality(String),
    `marker` LowCardinality(String),
    `prev_at` Nullable(DateTime64(3, 'UTC')),
    `prev_commit` String,
    `next_at` Nullable(DateTime64(3, 'UTC')),
    `next_marker` LowCardinality(String),
    `next_run_id` String,
    `next_any_at` Nullable(DateTime64(3, 'UTC')),
    `run_prev_at` Nullable(DateTime64(3, 'UTC')),
    `run_next_at` Nullable(DateTime64(3, 'UTC')),
    `repo_next_at` Nullable(DateTime64(3, 'UTC')),
    `rollbacks` Array(Tuple(
        DateTime64(3, 'UTC'),
        String,
        String)),
    `is_rollback` UInt8,
    `incidents` Array(Tuple(
        String,
        DateTime64(3, 'UTC'),
        Nullable(DateTime64(3, 'UTC')),
        String,
        String)),
    `matures_at` DateTime64(3, 'UTC'),
    `next_mends` Bool,
    `rule_version` LowCardinality(String),
    INDEX at_minmax at TYPE minmax GRANULARITY 1,
    INDEX run_bloom run_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (toStartOfMonth(at), tenant, service, environment, project_id, at)
SETTINGS index_granularity = 8192;

CREATE VIEW judged_deployments_now
AS WITH
    sources AS
    (
        SELECT
            tenant,
            source
        FROM delivery_sources
        WHERE unit IN (
            SELECT unit
            FROM judging_units
            WHERE batch = {batch:UInt64}
        )
    )
SELECT
    unit,
    tenant,
    project_id,
    service,
    environment,
    codehub_id,
    succeeded,
    at,
    run_id,
    position,
    start_text,
    stage,
    commit_id,
    committed_at,
    project,
    pipeline_id,
    pipeline,
    run_number,
    executor_name,
    rule,
    marker,
    lagInFrame(toNullable(at)) OVER before AS prev_at,
    prev_commit,
    leadInFrame(toNullable(at)) OVER after AS next_at,
    leadInFrame(marker) OVER after AS next_marker,
    leadInFrame(run_id) OVER after AS next_run_id,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, service, environment, succeeded ORDER BY at ASC, run_id ASC, position ASC, start_text ASC ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next_any_at,
    lagInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, succeeded, run_id, stage ORDER BY at ASC, start_text ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS run_prev_at,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, succeeded, run_id, stage ORDER BY at ASC, start_text ASC ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS run_next_at,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY at ASC, run_id ASC, position ASC, start_text ASC ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS repo_next_at,
    rollbacks,
    has(groupArrayArray(arrayMap(e -> (e.1, e.2), rollbacks)) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment ASC RANGE BETWEEN 1 PRECEDING AND CURRENT ROW), (at, run_id)) AS is_rollback
FROM
(
    SELECT
        * EXCEPT (older, brings_new),
        arrayMap(e -> (e.1, e.2, e.3), arrayFilter(e -> (((e.1, e.2) > (at, run_id)) AND ((e.3) NOT IN ('', commit_id)) AND (commit_id != '') AND if(((e.5) > 0) AND (committed_ms > 0), (e.5) < committed_ms, (e.4) < first_at)), arraySort(groupArrayIf((at, run_id, commit_id, first_at, committed_ms), older) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment ASC RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING)))) AS rollbacks
    FROM
    (
        SELECT
            *,
            (first_at < at) OR ((NOT brings_new) AND (committed_ms > 0) AND (committed_ms < max(committed_ms) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment ASC))) AS older
        FROM
        (
            SELECT
                a.*,
                toUnixTimestamp64Milli(at) / greatest((
                    SELECT rollback_ms
                    FROM deployment_rules_in_force
                ), 1) AS moment,
                ifNull(toUnixTimestamp64Milli(committed_at), 0) AS committed_ms,
                min(at) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded, commit_id) AS first_at,
                r.brings_new AS brings_new
            FROM unit_attempts(batch = {batch:UInt64}) AS a
            ANY LEFT JOIN
            (
                SELECT
                    tenant,
                    repository_id,
                    from_commit,
                    to_commit,
                    true AS brings_new
                FROM commit_range_states
                FINAL
                WHERE found AND complete AND (total > 0) AND ((tenant, repository_id) IN (sources))
            ) AS r ON (r.tenant = a.tenant) AND (r.repository_id = a.codehub_id) AND (r.from_commit = a.prev_commit) AND (r.to_commit = a.commit_id)
        )
    )
)
WINDOW
    before AS (PARTITION BY tenant, project_id, service, environment, succeeded ORDER BY at ASC, run_id ASC, position ASC, start_text ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),
    after AS (PARTITION BY tenant, project_id, service, environment, succeeded ORDER BY at ASC, run_id ASC, position ASC, start_text ASC ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING);

CREATE TABLE judged_flaky_commits
(
    `generation` UInt64,
    `batch` UInt64,
    `unit` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `position` UInt16,
    `stage` LowCardinality(String),
    `commit_id` String,
    `failed_at` DateTime64(3, 'UTC'),
    `passed_at` DateTime64(3, 'UTC'),
    `finished_at` DateTime64(3, 'UTC'),
    `failures` UInt64,
    `failed_s` Float64,
    `passed_by` LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (toStartOfMonth(finished_at), tenant, project_id, pipeline_id, finished_at)
SETTINGS index_granularity = 8192;

CREATE VIEW judged_in_force
(
    `unit` UInt64,
    `batch` UInt64,
    `judged` Tuple(
        UInt64,
        DateTime64(6, 'UTC'))
)
AS SELECT
    unit,
    max(judged_units.batch) AS batch,
    argMax((generation, seen_at), judged_units.batch) AS judged
FROM judged_units
GROUP BY unit;

CREATE TABLE judged_pipelines
(
    `generation` UInt64,
    `batch` UInt64,
    `unit` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` LowCardinality(String),
    `environment` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `project` LowCardinality(String),
    `first_at` DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (tenant, service, environment, project_id, pipeline_id)
SETTINGS index_granularity = 8192;

CREATE TABLE judged_red_times
(
    `generation` UInt64,
    `batch` UInt64,
    `unit` UInt64,
    `life` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `position` UInt16,
    `stage` LowCardinality(String),
    `red_since` DateTime64(3, 'UTC'),
    `green_at` DateTime64(3, 'UTC'),
    `last_green_at` Nullable(DateTime64(3, 'UTC')),
    `first_run_id` String,
    `first_run_number` Nullable(UInt32),
    `first_commit_id` String,
    `first_executor_name` LowCardinality(String),
    `later` Array(Tuple(
        DateTime64(3, 'UTC'),
        String,
        Nullable(UInt32),
        String)),
    `green_run_id` String,
    `green_run_number` Nullable(UInt32),
    `green_commit_id` String,
    `failed_by` Array(Tuple(
        UInt16,
        LowCardinality(String))) DEFAULT arrayMap(failure -> (position, ''), arrayPushFront(later.1, red_since)),
    `gone_and_back` Array(DateTime64(3, 'UTC'))
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (toStartOfMonth(green_at), tenant, project_id, pipeline_id, green_at)
SETTINGS index_granularity = 8192;

CREATE VIEW judged_rows_now
AS SELECT
    d.* EXCEPT (attribution_ms, rollback_ms, version, has_near),
    if(d.succeeded, arrayMap(i -> (i.1, i.2, i.3, i.4, i.5), arraySort(i -> (i.2, i.1), arrayConcat(arrayFilter(i -> (((i.6) IN ('', d.stage)) AND ((i.7) IN ('', d.service)) AND ((i.8) IN ('', d.environment)) AND (((i.2) >= d.at) OR (d.run_prev_at IS NULL)) AND ((d.run_next_at IS NULL) OR ((i.2) < d.run_next_at))), l.linked), arrayFilter(i -> (((i.2) >= d.at) AND (dateDiff('millisecond', d.at, i.2) < d.attribution_ms) AND ((d.next_any_at IS NULL) OR ((i.2) < d.next_any_at))), w.near)))), []) AS incidents,
    addMilliseconds(d.at, d.attribution_ms) AS matures_at,
    toBool((d.next_marker IN ('hotfix', 'rollback')) AND ifNull(dateDiff('millisecond', d.at, d.next_at) <= d.rollback_ms, false)) AS next_mends,
    d.version AS rule_version
FROM
(
    SELECT
        c.*,
        n.found AND (dateDiff('millisecond', c.at, n.started_at) < c.attribution_ms) AND ((c.next_any_at IS NULL) OR (n.started_at < c.next_any_at)) AS has_near
    FROM
    (
        SELECT
            k.*,
            r.attribution_ms AS attribution_ms,
            r.rollback_ms AS rollback_ms,
            r.version AS version
        FROM judged_deployments_now(batch = {batch:UInt64}) AS k
        CROSS JOIN deployment_rules_in_force AS r
    ) AS c
    ASOF LEFT JOIN
    (
        SELECT
            tenant,
            service,
            environment,
            started_at,
            true AS found
        FROM incidents
        WHERE deployment_run_id = ''
    ) AS n ON (n.tenant = c.tenant) AND (n.service = c.service) AND (n.environment = c.environment) AND (n.started_at >= c.at)
) AS d
LEFT JOIN
(
    SELECT
        tenant AS of_tenant,
        service AS of_service,
        environment AS of_environment,
        true AS any_near,
        groupArray((incident_id, started_at, resolved_at, 'after it', title, '', '', '')) AS near
    FROM incidents
    WHERE deployment_run_id = ''
    GROUP BY
        tenant,
        service,
        environment
) AS w ON (w.of_tenant = d.tenant) AND (w.of_service = d.service) AND (w.of_environment = d.environment) AND (w.any_near = d.has_near)
LEFT JOIN
(
    SELECT
        tenant AS of_tenant,
        deployment_run_id,
        groupArray((incident_id, started_at, resolved_at, 'linked', title, deployment_stage, toString(service), toString(environment))) AS linked
    FROM incidents
    WHERE deployment_run_id != ''
    GROUP BY
        tenant,
        deployment_run_id
) AS l ON (l.of_tenant = d.tenant) AND (l.deployment_run_id = d.run_id);

CREATE VIEW judged_superseded
(
    `unit` UInt64,
    `batch` UInt64
)
AS SELECT
    k.unit AS unit,
    k.batch AS batch
FROM
(
    SELECT
        unit,
        batch
    FROM judged_deployments
    UNION DISTINCT
    SELECT
        unit,
        batch
    FROM shipped_changes
    UNION DISTINCT
    SELECT
        unit,
        batch
    FROM judged_red_times
    UNION DISTINCT
    SELECT
        unit,
        batch
    FROM judged_flaky_commits
) AS k
INNER JOIN judged_in_force AS f ON f.unit = k.unit
WHERE k.batch < f.batch;

CREATE TABLE judged_units
(
    `unit` UInt64,
    `batch` UInt64,
    `generation` UInt64,
    `seen_at` DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(batch)
PARTITION BY generation
ORDER BY unit
SETTINGS index_granularity = 8192;

CREATE TABLE judging_units
(
    `batch` UInt64,
    `unit` UInt64,
    `generation` UInt64,
    `seen_at` DateTime64(6, 'UTC'),
    `noted_at` DateTime('UTC') DEFAULT now('UTC')
)
ENGINE = MergeTree
ORDER BY (batch, unit)
TTL noted_at + toIntervalDay(1)
SETTINGS index_granularity = 8192;

CREATE VIEW known_numbers
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `numbers` UInt64,
    `low` Nullable(UInt32),
    `high` Nullable(UInt32)
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    sum(bitCount(bits)) AS numbers,
    toNullable(toUInt32((64 * min(block)) + arrayMin(bitPositionsToArray(argMin(bits, block))))) AS low,
    toNullable(toUInt32((64 * max(block)) + arrayMax(bitPositionsToArray(argMax(bits, block))))) AS high
FROM run_numbers
FINAL
GROUP BY
    tenant,
    project_id,
    pipeline_id;

CREATE TABLE line_touches
(
    `line` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `touched_at` DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY line
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW line_touches_mv TO line_touches
(
    `line` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `touched_at` DateTime64(6, 'UTC')
)
AS SELECT DISTINCT
    cityHash64(tenant, project_id, pipeline_id) AS line,
    tenant,
    project_id,
    pipeline_id,
    now64(6, 'UTC') AS touched_at
FROM stage_attempts;

CREATE TABLE newest_polls
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `poller` LowCardinality(String),
    `what` LowCardinality(String),
    `kinds` Array(LowCardinality(String)),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `total` Int64,
    `errors` UInt32,
    `held` UInt32,
    `every_s` Nullable(Float64),
    `observed_at` DateTime64(3, 'UTC'),
    `stored_at` DateTime64(9, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, scope, poller, what)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW newest_polls_mv TO newest_polls
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `poller` LowCardinality(String),
    `what` String,
    `kinds` Array(LowCardinality(String)),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `total` Int64,
    `errors` UInt32,
    `held` UInt32,
    `every_s` Nullable(Float64),
    `observed_at` DateTime64(3, 'UTC'),
    `stored_at` DateTime64(9, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    scope,
    poller,
    arrayJoin(arrayFilter(w -> (w != ''), ['record', if(last, 'round', ''), if(last AND (errors = 0) AND (held = 0), 'good', ''), if(last AND complete AND (errors = 0), 'complete', '')])) AS what,
    kinds,
    finished_at,
    total,
    errors,
    held,
    every_s,
    observed_at,
    stored_at,
    ver
FROM polls;

CREATE VIEW number_gaps
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `number` Int64,
    `missing` Int64,
    `unknown` Int64
)
AS SELECT
    n.tenant AS tenant,
    n.project_id AS project_id,
    n.pipeline_id AS pipeline_id,
    gap.1 AS number,
    ((gap.1) - (gap.2)) - 1 AS missing,
    greatest(least((gap.1) - 1, toInt64(c.through)) - (gap.2), 0) AS unknown
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        arraySort(groupArrayArray(arrayMap(position -> ((64 * toInt64(block)) + position), bitPositionsToArray(bits)))) AS numbers,
        arrayFilter(g -> ((g.1) > ((g.2) + 1)), arrayZip(arrayPopFront(numbers), arrayPopBack(numbers))) AS gaps
    FROM run_numbers
    FINAL
    WHERE (tenant, project_id, pipeline_id) IN (
        SELECT
            tenant,
            project_id,
            pipeline_id
        FROM known_numbers
        WHERE (assumeNotNull(high - low) + 1) > numbers
    )
    GROUP BY
        tenant,
        project_id,
        pipeline_id
) AS n
ARRAY JOIN gaps AS gap
LEFT JOIN
(
    SELECT *
    FROM coverage
    FINAL
    WHERE complete
) AS c ON (c.tenant = n.tenant) AND (c.project_id = n.project_id) AND (c.pipeline_id = n.pipeline_id);

CREATE TABLE odd_row_parts
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `digest` String,
    `part` UInt16,
    `parts` UInt16,
    `row_kind` LowCardinality(String),
    `api` LowCardinality(String),
    `poller` LowCardinality(String),
    `position` UInt32,
    `reason` String,
    `size` UInt64,
    `raw` String CODEC(ZSTD(3)),
    `poll_id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(digest) % 4
ORDER BY (tenant, scope, digest, part)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW odd_row_parts_mv TO odd_row_parts
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `digest` String,
    `part` UInt16,
    `parts` UInt16,
    `row_kind` String,
    `api` String,
    `poller` String,
    `position` UInt32,
    `reason` String,
    `size` UInt64,
    `raw` String,
    `poll_id` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    row_kind String,\n    api String,\n    poller String,\n    reason String,\n    position UInt32,\n    digest String,\n    size UInt64,\n    part UInt16,\n    parts UInt16,\n    raw String)') AS b
SELECT
    tenant,
    scope,
    b.digest AS digest,
    b.part AS part,
    b.parts AS parts,
    b.row_kind AS row_kind,
    b.api AS api,
    b.poller AS poller,
    b.position AS position,
    b.reason AS reason,
    b.size AS size,
    tryBase64Decode(b.raw) AS raw,
    poll_id,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'odd_row';

CREATE VIEW odd_rows
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `digest` String,
    `row_kind` String,
    `api` String,
    `poller` String,
    `position` UInt32,
    `reason` String,
    `observed_at` DateTime64(3, 'UTC'),
    `poll_id` String,
    `size` UInt64,
    `raw` String,
    `ver` UInt64
)
AS SELECT
    tenant,
    scope,
    digest,
    any(p.row_kind) AS row_kind,
    any(p.api) AS api,
    any(p.poller) AS poller,
    any(p.position) AS position,
    any(p.reason) AS reason,
    min(p.observed_at) AS observed_at,
    any(p.poll_id) AS poll_id,
    any(p.size) AS size,
    arrayStringConcat(arrayMap(x -> (x.2), arraySort(x -> (x.1), groupArray((p.part, p.raw))))) AS raw,
    max(p.ver) AS ver
FROM odd_row_parts AS p
FINAL
GROUP BY
    tenant,
    scope,
    digest;

CREATE VIEW open_runs_as_of
AS WITH
    {as_of:DateTime64(3, 'UTC')} AS moment
SELECT *
FROM
(
    SELECT r.* REPLACE (if(ifNull(r.ended_at <= moment, false) OR (r.observed_at <= moment), r.status, s.status) AS status)
    FROM
    (
        SELECT *
        FROM runs
        FINAL
        PREWHERE (tenant, project_id, pipeline_id, run_id) IN (
            SELECT
                tenant,
                project_id,
                pipeline_id,
                run_id
            FROM runs_by_day
            WHERE (ifNull(started_at, observed_at) <= moment) AND ((ended_at IS NULL) OR (ended_at > moment) OR (status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED')))
        )
        WHERE (ifNull(started_at, observed_at) <= moment) AND (NOT ((op IN ('deleted', 'expired')) AND (observed_at <= moment))) AND ((tenant, project_id, pipeline_id) NOT IN (
            SELECT
                tenant,
                project_id,
                pipeline_id
            FROM pipelines
            GROUP BY
                tenant,
                project_id,
                pipeline_id
            HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= moment), pipelines.ver) = (1, true)
        ))
    ) AS r
    LEFT JOIN
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            run_id,
            argMax(CAST(run_states.status, 'String'), run_states.ver) AS status
        FROM run_states
        WHERE (run_states.observed_at <= moment) AND ((tenant, project_id, pipeline_id, run_id) IN (
            SELECT
                tenant,
                project_id,
                pipeline_id,
                run_id
            FROM runs_by_day
            WHERE (ifNull(started_at, observed_at) <= moment) AND (observed_at > moment) AND ((ended_at IS NULL) OR (ended_at > moment))
        ))
        GROUP BY
            tenant,
            project_id,
            pipeline_id,
            run_id
    ) AS s ON (s.tenant = r.tenant) AND (s.project_id = r.project_id) AND (s.pipeline_id = r.pipeline_id) AND (s.run_id = r.run_id)
)
WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED');

CREATE VIEW open_source_policies
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `policy_id` String,
    `name` String,
    `level` LowCardinality(String),
    `version` String,
    `is_valid` Nullable(Bool),
    `is_public` Nullable(Bool),
    `is_legacy` Nullable(Bool),
    `operator` LowCardinality(String),
    `operated_at` Nullable(DateTime64(3, 'UTC')),
    `detail_version` String,
    `versions_enabled` Nullable(Bool),
    `version_rules` Array(Tuple(
        enable Bool,
        ecosystem String,
        package_name String,
        package_version String,
        description String,
        predicate String)),
    `security_enabled` Nullable(Bool),
    `severity_enabled` Nullable(Bool),
    `severities` Array(String),
    `cve_enabled` Nullable(Bool),
    `cves` Array(String),
    `license_enabled` Nullable(Bool),
    `license_rules` Array(Tuple(
        predicate String,
        `values` Array(String))),
    `creator` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` LowCardinality(String),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    c.config_id AS policy_id,
    c.name AS name,
    c.level AS level,
    c.version AS version,
    c.is_valid AS is_valid,
    c.is_public AS is_public,
    c.is_legacy AS is_legacy,
    c.operator AS operator,
    c.operated_at AS operated_at,
    d.version AS detail_version,
    d.versions_enabled AS versions_enabled,
    d.version_rules AS version_rules,
    d.security_enabled AS security_enabled,
    d.severity_enabled AS severity_enabled,
    d.severities AS severities,
    d.cve_enabled AS cve_enabled,
    d.cves AS cves,
    d.license_enabled AS license_enabled,
    d.license_rules AS license_rules,
    d.creator AS creator,
    d.created_at AS created_at,
    d.updater AS updater,
    d.updated_at AS updated_at,
    c.op AS op,
    c.observed_at AS observed_at,
    c.ver AS ver
FROM
(
    SELECT *
    FROM configs
    WHERE kind = 'open_source_rule_set'
) AS c
LEFT JOIN
(
    SELECT *
    FROM open_source_states
    FINAL
    ORDER BY ver DESC
    LIMIT 1 BY
        tenant,
        project_id,
        policy_id
) AS d ON (d.tenant = c.tenant) AND (d.project_id = c.project_id) AND (d.policy_id = c.config_id);

CREATE TABLE open_source_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `policy_id` String,
    `name` String,
    `level` LowCardinality(String),
    `version` String,
    `parent_id` String,
    `is_valid` Nullable(Bool),
    `is_public` Nullable(Bool),
    `versions_enabled` Nullable(Bool),
    `version_rules` Array(Tuple(
        enable Bool,
        ecosystem String,
        package_name String,
        package_version String,
        description String,
        predicate String)),
    `security_enabled` Nullable(Bool),
    `severity_enabled` Nullable(Bool),
    `severities` Array(String),
    `cve_enabled` Nullable(Bool),
    `cves` Array(String),
    `license_enabled` Nullable(Bool),
    `license_rules` Array(Tuple(
        predicate String,
        `values` Array(String))),
    `creator` LowCardinality(String),
    `create_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` LowCardinality(String),
    `update_text` String,
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `settings` Array(Tuple(
        parent String,
        item String,
        label String,
        field String,
        relation String,
        value String)) MATERIALIZED arrayMap(raw -> arrayMap((s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6), raw, arrayEnumerateUniq(raw.2, raw.4)), [arrayConcat([('', '', '', 'exists', 'switch', 'true'), ('', '', '', 'name', '', name), ('', '', '', 'is_valid', 'switch', ifNull(toString(is_valid), '')), ('', '', '', 'version_set', 'switch', ifNull(toString(versions_enabled), '')), ('', '', '', 'security', 'switch', ifNull(toString(security_enabled), '')), ('', '', '', 'severity', 'switch', ifNull(toString(severity_enabled), '')), ('', '', '', 'severity values', 'set', arrayStringConcat(arraySort(severities), ', ')), ('', '', '', 'cve', 'switch', ifNull(toString(cve_enabled), '')), ('', '', '', 'cve values', 'set', arrayStringConcat(arraySort(cves), ', ')), ('', '', '', 'license', 'switch', ifNull(toString(license_enabled), '')), ('', '', '', 'license rules', '', arrayStringConcat(arrayMap(r -> concat(r.predicate, ': ', arrayStringConcat(arraySort(r.`values`), ', ')), license_rules), '; '))], arrayFlatten(arrayMap(r -> [('', concat(r.ecosystem, ':', r.package_name), concat(r.ecosystem, ':', r.package_name), 'exists', 'switch', 'true'), ('', concat(r.ecosystem, ':', r.package_name), concat(r.ecosystem, ':', r.package_name), 'enable', 'switch', toString(r.enable)), ('', concat(r.ecosystem, ':', r.package_name), concat(r.ecosystem, ':', r.package_name), 'version', '', concat(r.predicate, ' ', r.package_version))], version_rules)))])[1]
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, policy_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW open_source_states_mv TO open_source_states
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `policy_id` String,
    `name` String,
    `level` String,
    `version` String,
    `parent_id` String,
    `is_valid` Nullable(Bool),
    `is_public` Nullable(Bool),
    `versions_enabled` Nullable(Bool),
    `version_rules` Array(Tuple(
        enable Bool,
        ecosystem String,
        package_name String,
        package_version String,
        description String,
        predicate String)),
    `security_enabled` Nullable(Bool),
    `severity_enabled` Nullable(Bool),
    `severities` Array(String),
    `cve_enabled` Nullable(Bool),
    `cves` Array(String),
    `license_enabled` Nullable(Bool),
    `license_rules` Array(Tuple(
        predicate String,
        `values` Array(String))),
    `creator` String,
    `create_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` String,
    `update_text` String,
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n        name String,\n        level String,\n        version String,\n        parent_id String,\n        is_valid Nullable(Bool),\n        is_public Nullable(Bool),\n        content Tuple(\n            version_set Tuple(\n                enable Nullable(Bool),\n                rules Array(Tuple(enable Bool, ecosystem String, package_name String, package_version String, description String, predicate String))),\n            security Tuple(\n                enable Nullable(Bool),\n                rules Tuple(\n                    severity Tuple(enable Nullable(Bool), values Array(String)),\n                    cve Tuple(enable Nullable(Bool), values Array(String))),\n                license Tuple(enable Nullable(Bool), rules Array(Tuple(predicate String, values Array(String))))),\n            license Tuple(enable Nullable(Bool), rules Array(Tuple(predicate String, values Array(String))))),\n        creator String,\n        create_time String,\n        updater String,\n        update String,\n        update_time String)') AS b,
    if(zone = '', '+08:00', zone) AS utc_offset
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    id AS policy_id,
    b.name AS name,
    b.level AS level,
    b.version AS version,
    b.parent_id AS parent_id,
    b.is_valid AS is_valid,
    b.is_public AS is_public,
    b.content.version_set.enable AS versions_enabled,
    b.content.version_set.rules AS version_rules,
    b.content.security.enable AS security_enabled,
    b.content.security.rules.severity.enable AS severity_enabled,
    arrayFilter(v -> (v != ''), b.content.security.rules.severity.`values`) AS severities,
    b.content.security.rules.cve.enable AS cve_enabled,
    arrayFilter(v -> (v != ''), b.content.security.rules.cve.`values`) AS cves,
    ifNull(b.content.license.enable, b.content.security.license.enable) AS license_enabled,
    if(b.content.license.enable IS NULL, b.content.security.license.rules, b.content.license.rules) AS license_rules,
    b.creator AS creator,
    b.create_time AS create_text,
    if(b.create_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.create_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.create_time, concat(b.create_time, utc_offset)), 3, 'UTC')) AS created_at,
    if(b.update = '', b.updater, b.update) AS updater,
    b.update_time AS update_text,
    if(b.update_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.update_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.update_time, concat(b.update_time, utc_offset)), 3, 'UTC')) AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'open_source_rule_set_detail';

CREATE VIEW pipeline_groups
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
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `path` Array(String)
)
AS SELECT * EXCEPT (kind, created_text, updated_text)
FROM groups_now
WHERE kind = 'pipeline_group';

CREATE VIEW pipeline_names
AS SELECT
    k.tenant AS tenant,
    k.project_id AS project_id,
    k.pipeline_id AS pipeline_id,
    if(p.name = '', k.pipeline_id, p.name) AS pipeline,
    if(j.project = '', k.project_id, j.project) AS project,
    g.group_path AS group_path
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id
    FROM run_pipelines
    UNION DISTINCT
    SELECT
        tenant,
        project_id,
        pipeline_id
    FROM pipelines
) AS k
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        argMaxIf(pipelines.name, ver, pipelines.name != '') AS name
    FROM pipelines
    GROUP BY
        tenant,
        project_id,
        pipeline_id
) AS p ON (p.tenant = k.tenant) AND (p.project_id = k.project_id) AND (p.pipeline_id = k.pipeline_id)
LEFT JOIN projects AS j ON (j.tenant = k.tenant) AND (j.project_id = k.project_id)
LEFT JOIN
(
    SELECT
        d.tenant AS tenant,
        d.project_id AS project_id,
        d.pipeline_id AS pipeline_id,
        arrayStringConcat(n.path, '/') AS group_path
    FROM
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            argMax(run_details.group_id, ver) AS newest_group
        FROM run_details
        WHERE {need_groups:Bool} AND (run_details.group_id != '')
        GROUP BY
            tenant,
            project_id,
            pipeline_id
    ) AS d
    INNER JOIN pipeline_groups AS n ON (n.tenant = d.tenant) AND (n.project_id = d.project_id) AND (n.group_id = d.newest_group)
) AS g ON (g.tenant = k.tenant) AND (g.project_id = k.project_id) AND (g.pipeline_id = k.pipeline_id);

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

CREATE TABLE plugin_detail_states
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `display_name` String,
    `version_description` String,
    `unique_id` String,
    `version_attribution` LowCardinality(String),
    `op_user` LowCardinality(String),
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `composition_type` LowCardinality(String),
    `attribution` LowCardinality(String),
    `runtime_attribution` LowCardinality(String),
    `input_names` Array(String),
    `execution_type` LowCardinality(String),
    `steps` Array(Tuple(
        name String,
        task String,
        variables Map(String, String))),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, plugin_name, version, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW plugin_detail_states_mv TO plugin_detail_states
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `display_name` String,
    `version_description` String,
    `unique_id` String,
    `version_attribution` String,
    `op_user` String,
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `composition_type` String,
    `attribution` String,
    `runtime_attribution` String,
    `input_names` Array(String),
    `execution_type` String,
    `steps` Array(Tuple(
        name String,
        task String,
        variables Map(String, String))),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    plugin_name String,\n    display_name String,\n    op_user String,\n    op_time String,\n    version String,\n    unique_id String,\n    version_description String,\n    version_attribution String,\n    plugin_composition_type String,\n    plugin_attribution String,\n    input_info Array(Tuple(name String)),\n    plugin_execution Tuple(execution_type String, steps Array(Tuple(name String, task String, variables Map(String, String)))),\n    runtime_attribution String)') AS b
SELECT
    tenant,
    b.plugin_name AS plugin_name,
    b.version AS version,
    b.display_name AS display_name,
    b.version_description AS version_description,
    b.unique_id AS unique_id,
    b.version_attribution AS version_attribution,
    b.op_user AS op_user,
    fromUnixTimestamp64Milli(toInt64OrNull(b.op_time), 'UTC') AS op_at,
    b.plugin_composition_type AS composition_type,
    b.plugin_attribution AS attribution,
    b.runtime_attribution AS runtime_attribution,
    b.input_info.name AS input_names,
    b.plugin_execution.execution_type AS execution_type,
    b.plugin_execution.steps AS steps,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind = 'plugin_version_detail';

CREATE TABLE plugin_input_states
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `inputs` Array(Tuple(
        unique_id String,
        name String,
        type String,
        label String,
        description String,
        default_value String,
        required String,
        validation Tuple(
            required_message Nullable(String),
            regex Nullable(String),
            regex_message Nullable(String),
            max_length Nullable(Int64),
            min_length Nullable(Int64)))),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, plugin_name, version, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW plugin_input_states_mv TO plugin_input_states
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `inputs` Array(Tuple(
        unique_id String,
        name String,
        type String,
        label String,
        description String,
        default_value String,
        required String,
        validation Tuple(
            required_message Nullable(String),
            regex Nullable(String),
            regex_message Nullable(String),
            max_length Nullable(Int64),
            min_length Nullable(Int64)))),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    plugin_name String,\n    version String,\n    op_time Int64,\n    answer Tuple(data Array(Tuple(unique_id String, name String, type String, label String, description String, default_value String, required String, validation Tuple(required_message Nullable(String), regex Nullable(String), regex_message Nullable(String), max_length Nullable(Int64), min_length Nullable(Int64))))))') AS b
SELECT
    tenant,
    b.plugin_name AS plugin_name,
    b.version AS version,
    fromUnixTimestamp64Milli(nullIf(b.op_time, 0), 'UTC') AS op_at,
    b.answer.data AS inputs,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind = 'plugin_inputs';

CREATE VIEW plugin_inputs
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `name` String,
    `type` String,
    `label` String,
    `description` String,
    `default_value` String,
    `is_required` Bool,
    `validation` Tuple(
        required_message Nullable(String),
        regex Nullable(String),
        regex_message Nullable(String),
        max_length Nullable(Int64),
        min_length Nullable(Int64)),
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    plugin_name,
    version,
    input.name AS name,
    input.type AS type,
    input.label AS label,
    input.description AS description,
    input.default_value AS default_value,
    toBool(input.required = 'true') AS is_required,
    input.validation AS validation,
    op_at,
    observed_at,
    ver
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_input_states
        FINAL
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            plugin_name,
            version
    )
    WHERE op NOT IN ('deleted', 'expired')
)
ARRAY JOIN inputs AS input;

CREATE TABLE plugin_output_states
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `outputs` Array(Tuple(
        unique_id String,
        output_key String,
        output_value String)),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, plugin_name, version, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW plugin_output_states_mv TO plugin_output_states
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `outputs` Array(Tuple(
        unique_id String,
        output_key String,
        output_value String)),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    plugin_name String,\n    version String,\n    op_time Int64,\n    answer Tuple(data Array(Tuple(unique_id String, output_key String, output_value String))))') AS b
SELECT
    tenant,
    kind,
    b.plugin_name AS plugin_name,
    b.version AS version,
    fromUnixTimestamp64Milli(nullIf(b.op_time, 0), 'UTC') AS op_at,
    b.answer.data AS outputs,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('plugin_outputs', 'plugin_metrics');

CREATE VIEW plugin_outputs
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `output_key` String,
    `output_value` String,
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    kind,
    plugin_name,
    version,
    output.output_key AS output_key,
    output.output_value AS output_value,
    op_at,
    observed_at,
    ver
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_output_states
        FINAL
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            kind,
            plugin_name,
            version
    )
    WHERE op NOT IN ('deleted', 'expired')
)
ARRAY JOIN outputs AS output;

CREATE TABLE plugin_states
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `display_name` String,
    `description` String,
    `version_description` String,
    `unique_id` String,
    `version_attribution` LowCardinality(String),
    `op_user` LowCardinality(String),
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `composition_type` LowCardinality(String),
    `attribution` LowCardinality(String),
    `runtime_attribution` LowCardinality(String),
    `workspace_id` LowCardinality(String),
    `business_type` LowCardinality(String),
    `business_type_name` LowCardinality(String),
    `maintainers` Array(String),
    `icon_url` String,
    `refer_count` Nullable(Int64),
    `usage_count` Nullable(Int64),
    `is_active` Nullable(Bool),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, plugin_name, version, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW plugin_states_mv TO plugin_states
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `display_name` String,
    `description` String,
    `version_description` String,
    `unique_id` String,
    `version_attribution` String,
    `op_user` String,
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `composition_type` String,
    `attribution` String,
    `runtime_attribution` String,
    `workspace_id` String,
    `business_type` String,
    `business_type_name` String,
    `maintainers` Array(String),
    `icon_url` String,
    `refer_count` Nullable(Int64),
    `usage_count` Nullable(Int64),
    `is_active` Nullable(UInt8),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    plugin_name String,\n    display_name String,\n    version String,\n    version_description String,\n    description String,\n    version_attribution String,\n    unique_id String,\n    op_user String,\n    op_time String,\n    plugin_composition_type String,\n    plugin_attribution String,\n    workspace_id String,\n    business_type String,\n    business_type_display_name String,\n    maintainers String,\n    icon_url String,\n    refer_count Nullable(Int64),\n    usage_count Nullable(Int64),\n    runtime_attribution String,\n    active Nullable(Int32))') AS b
SELECT
    tenant,
    kind,
    if(kind = 'plugin', id, b.plugin_name) AS plugin_name,
    b.version AS version,
    b.display_name AS display_name,
    b.description AS description,
    b.version_description AS version_description,
    b.unique_id AS unique_id,
    b.version_attribution AS version_attribution,
    b.op_user AS op_user,
    fromUnixTimestamp64Milli(toInt64OrNull(b.op_time), 'UTC') AS op_at,
    b.plugin_composition_type AS composition_type,
    b.plugin_attribution AS attribution,
    b.runtime_attribution AS runtime_attribution,
    b.workspace_id AS workspace_id,
    b.business_type AS business_type,
    b.business_type_display_name AS business_type_name,
    JSONExtract(b.maintainers, 'Array(String)') AS maintainers,
    b.icon_url AS icon_url,
    b.refer_count AS refer_count,
    b.usage_count AS usage_count,
    b.active != 0 AS is_active,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('plugin', 'plugin_version');

CREATE TABLE plugin_version_lists
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `plugin_name` String,
    `versions` Array(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, plugin_name, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW plugin_version_lists_mv TO plugin_version_lists
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `plugin_name` String,
    `versions` Array(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    versions Array(String))') AS b
SELECT
    tenant,
    kind,
    id AS plugin_name,
    b.versions AS versions,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('plugin_version_list', 'basic_plugin_version_list');

CREATE VIEW plugin_versions
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `display_name` String,
    `description` String,
    `version_description` String,
    `unique_id` String,
    `version_attribution` LowCardinality(String),
    `op_user` LowCardinality(String),
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `composition_type` LowCardinality(String),
    `attribution` LowCardinality(String),
    `runtime_attribution` LowCardinality(String),
    `workspace_id` LowCardinality(String),
    `business_type` LowCardinality(String),
    `business_type_name` LowCardinality(String),
    `maintainers` Array(String),
    `icon_url` String,
    `is_active` Nullable(Bool),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `is_published` Bool,
    `execution_type` LowCardinality(String),
    `steps` Array(Tuple(
        name String,
        task String,
        variables Map(String, String)))
)
AS SELECT
    r.*,
    d.execution_type AS execution_type,
    d.steps AS steps
FROM
(
    SELECT
        v.* EXCEPT (kind, refer_count, usage_count),
        toBool(has(l.versions, v.version)) AS is_published
    FROM
    (
        SELECT *
        FROM
        (
            SELECT *
            FROM plugin_states
            FINAL
            WHERE kind = 'plugin_version'
            ORDER BY ver DESC
            LIMIT 1 BY
                tenant,
                plugin_name,
                version
        )
        WHERE op NOT IN ('deleted', 'expired')
    ) AS v
    LEFT JOIN
    (
        SELECT *
        FROM
        (
            SELECT *
            FROM plugin_version_lists
            FINAL
            WHERE kind = 'plugin_version_list'
            ORDER BY ver DESC
            LIMIT 1 BY
                tenant,
                plugin_name
        )
        WHERE op NOT IN ('deleted', 'expired')
    ) AS l ON (l.tenant = v.tenant) AND (l.plugin_name = v.plugin_name)
) AS r
LEFT JOIN
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_detail_states
        FINAL
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            plugin_name,
            version
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS d ON (d.tenant = r.tenant) AND (d.plugin_name = r.plugin_name) AND (d.version = r.version);

CREATE VIEW plugins
(
    `tenant` LowCardinality(String),
    `plugin_name` String,
    `version` String,
    `display_name` String,
    `description` String,
    `version_description` String,
    `unique_id` String,
    `version_attribution` LowCardinality(String),
    `op_user` LowCardinality(String),
    `op_at` Nullable(DateTime64(3, 'UTC')),
    `composition_type` LowCardinality(String),
    `attribution` LowCardinality(String),
    `runtime_attribution` LowCardinality(String),
    `workspace_id` LowCardinality(String),
    `business_type` LowCardinality(String),
    `business_type_name` LowCardinality(String),
    `maintainers` Array(String),
    `icon_url` String,
    `refer_count` Nullable(Int64),
    `usage_count` Nullable(Int64),
    `is_active` Nullable(Bool),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `published_versions` Array(String)
)
AS SELECT
    p.* EXCEPT kind,
    l.versions AS published_versions
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_states
        FINAL
        WHERE kind = 'plugin'
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS p
LEFT JOIN
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_version_lists
        FINAL
        WHERE kind = 'plugin_version_list'
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS l ON (l.tenant = p.tenant) AND (l.plugin_name = p.plugin_name);

CREATE TABLE poll_days
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `poller` LowCardinality(String),
    `day` Date,
    `answered_at` SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    `swept_at` SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    `ver` SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, scope, poller, day)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW poll_days_mv TO poll_days
(
    `tenant` LowCardinality(String),
    `scope` LowCardinality(String),
    `poller` String,
    `day` Date,
    `answered_at` DateTime64(3, 'UTC'),
    `swept_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(poller String, last Bool, complete Bool, errors UInt32, finished_at String)') AS b,
    parseDateTime64BestEffortOrNull(b.finished_at, 3, 'UTC') AS ended_at
SELECT
    tenant,
    scope,
    b.poller AS poller,
    toDate(ifNull(ended_at, observed_at), 'UTC') AS day,
    observed_at AS answered_at,
    if(b.complete, ifNull(ended_at, toDateTime64(0, 3, 'UTC')), toDateTime64(0, 3, 'UTC')) AS swept_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE (kind = 'poll') AND b.last AND (b.errors = 0);

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
    `held` UInt32,
    `confirmed` Bool,
    `kinds` Array(LowCardinality(String)),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `api_at` Nullable(DateTime64(3, 'UTC')),
    `version` LowCardinality(String),
    `every_s` Nullable(Float64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(stored_at)
ORDER BY (tenant, scope, poller, ver)
SETTINGS index_granularity = 8192, min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

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
    `held` UInt32,
    `confirmed` Bool,
    `kinds` Array(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` Nullable(DateTime64(3, 'UTC')),
    `api_at` Nullable(DateTime64(3, 'UTC')),
    `version` String,
    `every_s` Nullable(Float64),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    poller String,\n    poll_id String,\n    prev_poll_seq UInt64,\n    part UInt32,\n    last Bool,\n    n UInt32,\n    complete Bool,\n    total Int64,\n    pages UInt32,\n    calls UInt32,\n    errors UInt32,\n    held UInt32,\n    confirmed Bool,\n    kinds Array(String),\n    started_at String,\n    finished_at String,\n    api_date String,\n    version String,\n    every_s Float64)') AS b
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
    b.held AS held,
    b.confirmed AS confirmed,
    b.kinds AS kinds,
    parseDateTime64BestEffortOrNull(b.started_at, 3, 'UTC') AS started_at,
    parseDateTime64BestEffortOrNull(b.finished_at, 3, 'UTC') AS finished_at,
    parseDateTime64BestEffortOrNull(b.api_date, 3, 'UTC') AS api_at,
    b.version AS version,
    nullIf(b.every_s, 0) AS every_s,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'poll';

CREATE TABLE price_tables
(
    `activated_at` DateTime64(3, 'UTC'),
    `prices` String
)
ENGINE = ReplacingMergeTree
ORDER BY activated_at
SETTINGS index_granularity = 8192;

CREATE VIEW prices_in_force
(
    `currency` String,
    `prices` Array(Tuple(
        tenant String,
        project String,
        pipeline String,
        machine_minute Nullable(Float64),
        waiting_minute Nullable(Float64)))
)
AS SELECT
    JSONExtractString(newest, 'currency') AS currency,
    JSONExtract(newest, 'table', 'Array(Tuple(\n        tenant String,\n        project String,\n        pipeline String,\n        machine_minute Nullable(Float64),\n        waiting_minute Nullable(Float64)))') AS prices
FROM
(
    SELECT argMax(price_tables.prices, activated_at) AS newest
    FROM price_tables
);

CREATE VIEW project_names
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `seen_at` DateTime64(3, 'UTC'),
    `name` String,
    `old_name` String
)
AS SELECT
    tenant,
    project_id,
    observed_at AS seen_at,
    name,
    old_name
FROM
(
    SELECT
        tenant,
        project_id,
        observed_at,
        name,
        lagInFrame(name, 1, '') OVER (PARTITION BY tenant, project_id ORDER BY ver ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS old_name
    FROM project_states
    FINAL
)
WHERE name != old_name;

CREATE TABLE project_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `number` Nullable(Int64),
    `name` String,
    `description` String,
    `type` LowCardinality(String),
    `creator_id` LowCardinality(String),
    `creator_name` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW project_states_mv TO project_states
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `number` Nullable(Int64),
    `name` String,
    `description` String,
    `type` String,
    `creator_id` String,
    `creator_name` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    project_num_id Nullable(Int64),\n    project_name String,\n    description String,\n    project_type String,\n    creator Tuple(user_id String, user_name String),\n    created_time Int64,\n    updated_time Int64)') AS b
SELECT
    tenant,
    id AS project_id,
    b.project_num_id AS number,
    b.project_name AS name,
    b.description AS description,
    b.project_type AS type,
    b.creator.user_id AS creator_id,
    b.creator.user_name AS creator_name,
    fromUnixTimestamp64Milli(nullIf(b.created_time, 0), 'UTC') AS created_at,
    fromUnixTimestamp64Milli(nullIf(b.updated_time, 0), 'UTC') AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'project';

CREATE VIEW projects
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `project` String,
    `type` String,
    `creator_name` String,
    `created_at` Nullable(DateTime64(3, 'UTC'))
)
AS SELECT
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
        SELECT
            tenant,
            project_id,
            name,
            type,
            creator_name,
            created_at,
            true AS listed,
            ver
        FROM project_states
        UNION ALL
        SELECT
            tenant,
            project_id,
            project_name,
            '',
            '',
            NULL,
            false,
            ver
        FROM pipelines
        UNION ALL
        SELECT
            tenant,
            project_id,
            project_name,
            '',
            '',
            NULL,
            false,
            ver
        FROM repositories
        UNION ALL
        SELECT DISTINCT
            tenant,
            scope,
            '',
            '',
            '',
            NULL,
            false,
            0
        FROM newest_polls
        WHERE NOT startsWith(scope, '_')
    ) AS source
    WHERE project_id != ''
    GROUP BY
        tenant,
        project_id
);

CREATE TABLE published_figures
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` String,
    `environment` LowCardinality(String),
    `metric` LowCardinality(String),
    `day` Date,
    `value` Nullable(Float64),
    `n` UInt64,
    `rules_version` LowCardinality(String),
    `published_at` DateTime64(3, 'UTC'),
    `rules_before` LowCardinality(String),
    `late_deployments` Nullable(UInt64),
    `late_incidents` Nullable(UInt64),
    `late_commits` Nullable(UInt64),
    `late_farther` Nullable(UInt64),
    `names` String,
    `was_open` Bool
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, project_id, service, environment, metric, day, published_at)
SETTINGS index_granularity = 8192, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE TABLE publisher_states
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `publisher_id` String,
    `name` String,
    `en_name` String,
    `description` String,
    `logo_url` String,
    `website` String,
    `support_url` String,
    `source_url` String,
    `auth_status` LowCardinality(String),
    `is_delete` Nullable(Bool),
    `user_id` LowCardinality(String),
    `domain_id` LowCardinality(String),
    `updater_id` LowCardinality(String),
    `updater_name` LowCardinality(String),
    `update_text` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, publisher_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW publisher_states_mv TO publisher_states
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `publisher_id` String,
    `name` String,
    `en_name` String,
    `description` String,
    `logo_url` String,
    `website` String,
    `support_url` String,
    `source_url` String,
    `auth_status` String,
    `is_delete` Nullable(UInt8),
    `user_id` String,
    `domain_id` String,
    `updater_id` String,
    `updater_name` String,
    `update_text` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    user_id String,\n    tenant_id String,\n    description String,\n    logo_url String,\n    website String,\n    support_url String,\n    source_url String,\n    en_name String,\n    name String,\n    auth_status String,\n    is_delete Nullable(Int32),\n    last_update_user_name String,\n    last_update_user_id String,\n    last_update_time String)') AS b
SELECT
    tenant,
    kind,
    id AS publisher_id,
    b.name AS name,
    b.en_name AS en_name,
    b.description AS description,
    b.logo_url AS logo_url,
    b.website AS website,
    b.support_url AS support_url,
    b.source_url AS source_url,
    b.auth_status AS auth_status,
    b.is_delete != 0 AS is_delete,
    b.user_id AS user_id,
    b.tenant_id AS domain_id,
    b.last_update_user_id AS updater_id,
    b.last_update_user_name AS updater_name,
    b.last_update_time AS update_text,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('publisher', 'available_publisher', 'publisher_detail');

CREATE VIEW publishers
(
    `tenant` LowCardinality(String),
    `publisher_id` String,
    `name` String,
    `en_name` String,
    `description` String,
    `logo_url` String,
    `website` String,
    `support_url` String,
    `source_url` String,
    `auth_status` LowCardinality(String),
    `is_delete` Nullable(Bool),
    `user_id` LowCardinality(String),
    `domain_id` LowCardinality(String),
    `updater_id` LowCardinality(String),
    `updater_name` LowCardinality(String),
    `update_text` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `is_available` Bool
)
AS SELECT
    p.* EXCEPT kind,
    toBool(a.publisher_id != '') AS is_available
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM publisher_states
        FINAL
        WHERE kind = 'publisher'
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            publisher_id
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS p
LEFT JOIN
(
    SELECT *
    FROM
    (
        SELECT *
        FROM publisher_states
        FINAL
        WHERE kind = 'available_publisher'
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            publisher_id
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS a ON (a.tenant = p.tenant) AND (a.publisher_id = p.publisher_id);

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
SETTINGS index_granularity = 8192, fsync_after_insert = 1, fsync_part_directory = 1;

CREATE VIEW red_episodes
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `position` UInt16,
    `stage` LowCardinality(String),
    `red_since` DateTime64(3, 'UTC'),
    `first_run_id` String,
    `first_run_number` Nullable(UInt32),
    `first_commit_id` String,
    `first_executor_name` LowCardinality(String),
    `failures` UInt64,
    `runs` UInt64,
    `last_run_id` String,
    `last_run_number` Nullable(UInt32),
    `last_commit_id` String,
    `last_failed_at` DateTime64(3, 'UTC'),
    `last_green_at` Nullable(DateTime64(3, 'UTC')),
    `green_at` Nullable(DateTime64(3, 'UTC')),
    `green_run_id` String,
    `green_run_number` Nullable(UInt32),
    `green_commit_id` String,
    `red_s` Nullable(Float64),
    `gone_at` Nullable(DateTime64(3, 'UTC'))
)
AS SELECT *
FROM red_episodes_as_of(as_of = now64(3, 'UTC'));

CREATE VIEW red_episodes_as_of
AS WITH
    arrayFilter(f -> ((f.1) <= {as_of:DateTime64(3, 'UTC')}), arrayPushFront(later, (red_times.red_since, red_times.first_run_id, red_times.first_run_number, red_times.first_commit_id))) AS failed,
    red_times.green_at <= {as_of:DateTime64(3, 'UTC')} AS is_green,
    arrayFilter(at -> (at <= {as_of:DateTime64(3, 'UTC')}), red_times.gone_and_back) AS turns
SELECT
    tenant,
    project_id,
    pipeline_id,
    target_branch,
    position,
    stage,
    red_since,
    first_run_id,
    first_run_number,
    first_commit_id,
    first_executor_name,
    length(failed) AS failures,
    toUInt64(arrayUniq(failed.2)) AS runs,
    (failed[-1]).2 AS last_run_id,
    (failed[-1]).3 AS last_run_number,
    (failed[-1]).4 AS last_commit_id,
    (failed[-1]).1 AS last_failed_at,
    last_green_at,
    if(is_green, red_times.green_at, NULL) AS green_at,
    if(is_green, red_times.green_run_id, '') AS green_run_id,
    if(is_green, red_times.green_run_number, NULL) AS green_run_number,
    if(is_green, red_times.green_commit_id, '') AS green_commit_id,
    dateDiff('millisecond', red_since, green_at) / 1000 AS red_s,
    if(is_green OR ((length(turns) % 2) = 0), NULL, turns[-1]) AS gone_at
FROM red_times
WHERE red_since <= {as_of:DateTime64(3, 'UTC')};

CREATE VIEW red_times
(
    `life` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `position` UInt16,
    `stage` LowCardinality(String),
    `red_since` DateTime64(3, 'UTC'),
    `green_at` DateTime64(3, 'UTC'),
    `last_green_at` Nullable(DateTime64(3, 'UTC')),
    `first_run_id` String,
    `first_run_number` Nullable(UInt32),
    `first_commit_id` String,
    `first_executor_name` LowCardinality(String),
    `later` Array(Tuple(
        DateTime64(3, 'UTC'),
        String,
        Nullable(UInt32),
        String)),
    `green_run_id` String,
    `green_run_number` Nullable(UInt32),
    `green_commit_id` String,
    `failed_by` Array(Tuple(
        UInt16,
        LowCardinality(String))),
    `gone_and_back` Array(DateTime64(3, 'UTC'))
)
AS SELECT * EXCEPT (generation, batch, unit)
FROM judged_red_times
WHERE (unit, batch) IN (
    SELECT
        unit,
        batch
    FROM judged_in_force
);

CREATE VIEW red_times_now
AS WITH
    arrayFilter(t -> t.failed, piece) AS failures
SELECT
    cityHash64(tenant, project_id, pipeline_id) AS unit,
    cityHash64(tenant, project_id, pipeline_id, target_branch, stage, occurrence) AS life,
    tenant,
    project_id,
    pipeline_id,
    target_branch,
    tupleElement(piece[1], 'position') AS position,
    stage,
    tupleElement(piece[1], 'ended_at') AS red_since,
    if(green = 0, toDateTime64('2100-01-01', 3, 'UTC'), tupleElement(piece[green], 'ended_at')) AS green_at,
    if(empty(before), NULL, tupleElement(before[-1], 'ended_at')) AS last_green_at,
    tupleElement(piece[1], 'run_id') AS first_run_id,
    tupleElement(piece[1], 'run_number') AS first_run_number,
    tupleElement(piece[1], 'commit_id') AS first_commit_id,
    tupleElement(piece[1], 'executor_name') AS first_executor_name,
    arrayMap(t -> (t.ended_at, t.run_id, t.run_number, t.commit_id), arraySlice(failures, 2)) AS later,
    tupleElement(piece[green], 'run_id') AS green_run_id,
    tupleElement(piece[green], 'run_number') AS green_run_number,
    tupleElement(piece[green], 'commit_id') AS green_commit_id,
    arrayMap(t -> (t.position, t.executor_name), failures) AS failed_by,
    arrayFilter(at -> ((at > red_since) AND (at < green_at)), turns) AS gone_and_back
FROM
(
    SELECT
        a.tenant AS tenant,
        a.project_id AS project_id,
        a.pipeline_id AS pipeline_id,
        a.target_branch AS target_branch,
        a.stage AS stage,
        a.occurrence AS occurrence,
        (arrayFilter(list -> (countEqual(list.2, a.stage) < a.occurrence), l.known)).1 AS lacking,
        arraySplit((t, was) -> (t.failed AND (NOT was)), a.tries, arrayPushFront(arrayPopBack(a.tries.failed), 1)) AS pieces,
        (arrayCompact(sign -> (sign.2), arraySort(sign -> (sign.1, NOT (sign.2)), arrayConcat(arrayMap(t -> (t.ended_at, 0), arrayFilter(t -> t.failed, a.tries)), arrayMap(list -> (list.1, has(lacking, list.2)), l.lists))))).1 AS turns
    FROM
    (
        SELECT *
        FROM stage_lives
        WHERE ((tenant, project_id, pipeline_id) IN (
            SELECT
                tenant,
                project_id,
                pipeline_id
            FROM line_touches
            WHERE line IN (
                SELECT judging_units.unit
                FROM judging_units
                WHERE batch = {batch:UInt64}
            )
        )) AND has(tries.failed, 1)
    ) AS a
    LEFT JOIN stage_lists(batch = {batch:UInt64}) AS l ON (l.tenant = a.tenant) AND (l.project_id = a.project_id) AND (l.pipeline_id = a.pipeline_id) AND (l.target_branch = a.target_branch)
)
ARRAY JOIN
    pieces AS piece,
    arrayPushFront(arrayPopBack(pieces), []) AS before,
    arrayMap(p -> arrayFirstIndex(t -> (NOT t.failed), p), pieces) AS green
WHERE tupleElement(piece[1], 'failed');

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

CREATE TABLE repository_locks
(
    `tenant` LowCardinality(String),
    `repository_id` UInt64,
    `locked` Nullable(Bool),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, repository_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW repository_locks_mv TO repository_locks
(
    `tenant` LowCardinality(String),
    `repository_id` UInt64,
    `locked` Nullable(Bool),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    toUInt64OrZero(id) AS repository_id,
    JSONExtract(body, 'locked', 'Nullable(Bool)') AS locked,
    op,
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

CREATE TABLE reread_deployments
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` String,
    `environment` LowCardinality(String),
    `version_before` LowCardinality(String),
    `version` LowCardinality(String),
    `change` LowCardinality(String),
    `n` UInt64,
    `reread_at` DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(reread_at)
ORDER BY (tenant, project_id, service, environment, version_before, version, change)
SETTINGS index_granularity = 8192;

CREATE VIEW restatements
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` String,
    `environment` LowCardinality(String),
    `metric` LowCardinality(String),
    `day` Date,
    `value_before` Nullable(Float64),
    `n_before` UInt64,
    `published_before` DateTime64(3, 'UTC'),
    `value` Nullable(Float64),
    `n` UInt64,
    `restated_at` DateTime64(3, 'UTC'),
    `late` Nullable(UInt64),
    `causes` Array(String),
    `reason` String,
    `rules_before` String,
    `rules_version` LowCardinality(String),
    `late_deployments` Nullable(UInt64),
    `late_incidents` Nullable(UInt64),
    `late_commits` Nullable(UInt64),
    `late_farther` Nullable(UInt64),
    `names` String,
    `rules_changed` String,
    `reread` String
)
AS WITH
    text -> arrayMap((r, i) -> (if(JSONExtractString(r, 'name') = '', concat('#', toString(i)), JSONExtractString(r, 'name')), r), JSONExtractArrayRaw(text, 'rules'), arrayEnumerate(JSONExtractArrayRaw(text, 'rules'))) AS rules_of,
    ((word, names) -> if(empty(names), '', concat(word, ' ', arrayStringConcat(names, ', ')))) AS listed,
    (
        SELECT mapFromArrays(groupArray(version), groupArray(rules))
        FROM
        (
            SELECT
                version,
                any(rules) AS rules
            FROM
            (
                SELECT
                    version,
                    rules
                FROM deployment_rule_sets
                UNION ALL
                SELECT
                    version,
                    rules
                FROM built_in_deployment_rules
            )
            GROUP BY version
        )
    ) AS texts
SELECT
    f.tenant AS tenant,
    f.project_id AS project_id,
    f.service AS service,
    f.environment AS environment,
    metric,
    day,
    before.2 AS value_before,
    before.3 AS n_before,
    before.4 AS published_before,
    value,
    n,
    published_at AS restated_at,
    (late_deployments + if(was_open, 0, late_incidents)) + late_commits AS late,
    arrayFilter(c -> (c != ''), [if(other_rules, 'rules', ''), if(late > 0, 'late data', ''), if(names != '', 'names', ''), if(was_open, 'was open', '')]) AS causes,
    multiIf(late IS NULL, if(other_rules, 'rules or late data', 'late data'), notEmpty(causes), concat(arrayStringConcat(causes, ' and '), if((late = 0) AND (late_farther > 0), ' or late data', '')), late_farther > 0, 'late data', late_farther IS NULL, 'names or other data', 'other data') AS reason,
    known_rules AS rules_before,
    f.rules_version AS rules_version,
    late_deployments,
    late_incidents,
    late_commits,
    late_farther,
    names,
    if((NOT other_rules) OR ((texts[known_rules]) = '') OR ((texts[CAST(rules_version, 'String')]) = ''), '', arrayStringConcat(arrayFilter(t -> (t != ''), [listed('added', arrayMap(r -> (r.1), arrayFilter(r -> (NOT has(old.1, r.1)), new))), listed('removed', arrayMap(r -> (r.1), arrayFilter(r -> (NOT has(new.1, r.1)), old))), listed('changed', arrayConcat(arrayMap(r -> (r.1), arrayFilter(r -> (has(old.1, r.1) AND (NOT has(old.2, r.2))), new)), arrayFilter(key -> (JSONExtractRaw(texts[known_rules], key) != JSONExtractRaw(texts[CAST(rules_version, 'String')], key)), ['attribution_ms', 'rollback_ms', 'zone', 'markers']), if(((old.2) != (new.2)) AND (arraySort(old.2) = arraySort(new.2)), ['the order of the rules'], [])))]), '; ')) AS rules_changed,
    if(NOT other_rules, '', r.reread) AS reread
FROM
(
    SELECT
        *,
        rules_of(texts[known_rules]) AS old,
        rules_of(texts[CAST(rules_version, 'String')]) AS new
    FROM
    (
        SELECT
            *,
            lagInFrame((true, value, n, published_at, CAST(rules_version, 'String'))) OVER life AS before,
            if((rules_before != '') AND (NOT was_open), CAST(rules_before, 'String'), before.5) AS known_rules,
            known_rules != rules_version AS other_rules
        FROM published_figures
        FINAL
        WINDOW life AS (PARTITION BY tenant, project_id, service, environment, metric, day ORDER BY published_at ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE (before.1) AND ((n != (before.3)) OR (ifNull(value, -1) != ifNull(before.2, -1)))
) AS f
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        service,
        environment,
        version_before,
        version,
        arrayStringConcat(groupArray(concat(toString(n), ' ', change)), ', ') AS reread
    FROM
    (
        SELECT *
        FROM reread_deployments
        FINAL
        QUALIFY reread_at = max(reread_at) OVER (PARTITION BY version_before, version)
        ORDER BY change ASC
    )
    GROUP BY
        tenant,
        project_id,
        service,
        environment,
        version_before,
        version
) AS r ON (r.tenant = f.tenant) AND (r.project_id = f.project_id) AND (r.service = f.service) AND (r.environment = f.environment) AND (r.version_before = f.known_rules) AND (r.version = f.rules_version);

CREATE VIEW rule_properties
(
    `tenant` LowCardinality(String),
    `rule_id` String,
    `rule_name` String,
    `version` String,
    `group_name` String,
    `can_modify_when_inherit` Bool,
    `property_key` String,
    `property_name` String,
    `type` String,
    `operator` String,
    `value` String,
    `value_type` String,
    `updater` LowCardinality(String),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    rule_id,
    name AS rule_name,
    version,
    groups.group_name AS group_name,
    groups.can_modify_when_inherit AS can_modify_when_inherit,
    property.key AS property_key,
    property.name AS property_name,
    property.type AS type,
    property.operator AS operator,
    property.value AS value,
    property.value_type AS value_type,
    updater,
    updated_at,
    op,
    observed_at,
    ver
FROM
(
    SELECT
        *,
        groups
    FROM rule_states
    FINAL
    ARRAY JOIN content AS groups
)
ARRAY JOIN groups.properties AS property;

CREATE VIEW rule_set_rules
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `rule_set_id` String,
    `rule_set` String,
    `rule_set_is_valid` Nullable(Bool),
    `rule_id` String,
    `rule` String,
    `type` String,
    `is_valid` Nullable(Bool),
    `version` String,
    `plugin_id` String,
    `plugin_name` String,
    `plugin_version` String,
    `group_name` String,
    `can_modify_when_inherit` Bool,
    `property_key` String,
    `property_name` String,
    `operator` String,
    `value` String,
    `value_type` String,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    project_id,
    rule_set_id,
    rule_set,
    rule_set_is_valid,
    instance.id AS rule_id,
    instance.name AS rule,
    instance.type AS type,
    instance.is_valid AS is_valid,
    instance.version AS version,
    instance.plugin_id AS plugin_id,
    instance.plugin_name AS plugin_name,
    instance.plugin_version AS plugin_version,
    groups.group_name AS group_name,
    groups.can_modify_when_inherit AS can_modify_when_inherit,
    property.key AS property_key,
    property.name AS property_name,
    property.operator AS operator,
    property.value AS value,
    property.value_type AS value_type,
    observed_at,
    ver
FROM
(
    SELECT
        *,
        groups
    FROM
    (
        SELECT
            tenant,
            project_id,
            rule_set_id,
            name AS rule_set,
            is_valid AS rule_set_is_valid,
            observed_at,
            ver,
            instance
        FROM rule_sets
        ARRAY JOIN rule_instances AS instance
    )
    LEFT ARRAY JOIN instance.content AS groups
)
LEFT ARRAY JOIN groups.properties AS property;

CREATE TABLE rule_set_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `rule_set_id` String,
    `name` String,
    `type` LowCardinality(String),
    `version` String,
    `is_valid` Nullable(Bool),
    `editable` Nullable(Bool),
    `rule_instances` Array(Tuple(
        id String,
        type String,
        name String,
        is_valid Nullable(Bool),
        version String,
        plugin_id String,
        plugin_name String,
        plugin_version String,
        content Array(Tuple(
            group_name String,
            can_modify_when_inherit Bool,
            properties Array(Tuple(
                key String,
                type String,
                name String,
                value_type String,
                value String,
                operator String)))))),
    `creator` LowCardinality(String),
    `create_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` LowCardinality(String),
    `update_text` String,
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `settings` Array(Tuple(
        parent String,
        item String,
        label String,
        field String,
        relation String,
        value String)) MATERIALIZED arrayMap(raw -> arrayMap((s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6), raw, arrayEnumerateUniq(raw.2, raw.4)), [arrayConcat([('', '', '', 'exists', 'switch', 'true'), ('', '', '', 'name', '', name), ('', '', '', 'is_valid', 'switch', ifNull(toString(is_valid), ''))], arrayFlatten(arrayMap(r -> arrayConcat([('', r.id, r.name, 'exists', 'switch', 'true'), ('', r.id, r.name, 'is_valid', 'switch', ifNull(toString(r.is_valid), '')), ('', r.id, r.name, 'plugin', '', concat(r.plugin_id, ' ', r.plugin_version))], arrayFlatten(arrayMap(g -> arrayConcat([(r.id, concat(r.id, '/', g.group_name), concat(r.name, ' / ', g.group_name), 'exists', 'switch', 'true'), (r.id, concat(r.id, '/', g.group_name), concat(r.name, ' / ', g.group_name), 'can_modify_when_inherit', '', toString(g.can_modify_when_inherit))], arrayFlatten(arrayMap(p -> [(concat(r.id, '/', g.group_name), concat(r.id, '/', g.group_name, '/', p.key), concat(r.name, ' / ', if(p.name = '', p.key, p.name)), 'exists', 'switch', 'true'), (concat(r.id, '/', g.group_name), concat(r.id, '/', g.group_name, '/', p.key), concat(r.name, ' / ', if(p.name = '', p.key, p.name)), 'value', multiIf((p.operator IN ('≤', '<=', '<')), 'max', (p.operator IN ('≥', '>=', '>')), 'min', ''), p.value), (concat(r.id, '/', g.group_name), concat(r.id, '/', g.group_name, '/', p.key), concat(r.name, ' / ', if(p.name = '', p.key, p.name)), 'operator', '', p.operator)], g.properties))), r.content))), rule_instances)))])[1]
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, rule_set_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW rule_set_states_mv TO rule_set_states
(
    `tenant` LowCardinality(String),
    `project_id` String,
    `rule_set_id` String,
    `name` String,
    `type` String,
    `version` String,
    `is_valid` Nullable(Bool),
    `editable` Nullable(Bool),
    `rule_instances` Array(Tuple(
        id String,
        type String,
        name String,
        is_valid Nullable(Bool),
        version String,
        plugin_id String,
        plugin_name String,
        plugin_version String,
        content Array(Tuple(
            group_name String,
            can_modify_when_inherit Bool,
            properties Array(Tuple(
                key String,
                type String,
                name String,
                value_type String,
                value String,
                operator String)))))),
    `creator` String,
    `create_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` String,
    `update_text` String,
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n        name String,\n        type String,\n        version String,\n        is_valid Nullable(Bool),\n        editable Nullable(Bool),\n        rule_instances Array(Tuple(\n            id String,\n            type String,\n            name String,\n            is_valid Nullable(Bool),\n            version String,\n            plugin_id String,\n            plugin_name String,\n            plugin_version String,\n            content Array(Tuple(\n                group_name String,\n                can_modify_when_inherit Bool,\n                properties Array(Tuple(key String, type String, name String, value_type String, value String, operator String)))))),\n        creator String,\n        create_time String,\n        updater String,\n        update String,\n        update_time String)') AS b,
    if(zone = '', '+08:00', zone) AS utc_offset
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    id AS rule_set_id,
    b.name AS name,
    b.type AS type,
    b.version AS version,
    b.is_valid AS is_valid,
    b.editable AS editable,
    b.rule_instances AS rule_instances,
    b.creator AS creator,
    b.create_time AS create_text,
    if(b.create_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.create_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.create_time, concat(b.create_time, utc_offset)), 3, 'UTC')) AS created_at,
    if(b.updater = '', b.update, b.updater) AS updater,
    b.update_time AS update_text,
    if(b.update_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.update_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.update_time, concat(b.update_time, utc_offset)), 3, 'UTC')) AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'rule_set_detail';

CREATE VIEW rule_sets
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `rule_set_id` String,
    `name` String,
    `level` LowCardinality(String),
    `version` String,
    `is_valid` Nullable(Bool),
    `is_public` Nullable(Bool),
    `operator` LowCardinality(String),
    `operated_at` Nullable(DateTime64(3, 'UTC')),
    `detail_version` String,
    `rule_instances` Array(Tuple(
        id String,
        type String,
        name String,
        is_valid Nullable(Bool),
        version String,
        plugin_id String,
        plugin_name String,
        plugin_version String,
        content Array(Tuple(
            group_name String,
            can_modify_when_inherit Bool,
            properties Array(Tuple(
                key String,
                type String,
                name String,
                value_type String,
                value String,
                operator String)))))),
    `creator` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` LowCardinality(String),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    c.config_id AS rule_set_id,
    c.name AS name,
    c.level AS level,
    c.version AS version,
    c.is_valid AS is_valid,
    c.is_public AS is_public,
    c.operator AS operator,
    c.operated_at AS operated_at,
    d.version AS detail_version,
    d.rule_instances AS rule_instances,
    d.creator AS creator,
    d.created_at AS created_at,
    d.updater AS updater,
    d.updated_at AS updated_at,
    c.op AS op,
    c.observed_at AS observed_at,
    c.ver AS ver
FROM
(
    SELECT *
    FROM configs
    WHERE kind = 'rule_set'
) AS c
LEFT JOIN
(
    SELECT *
    FROM rule_set_states
    FINAL
    ORDER BY ver DESC
    LIMIT 1 BY
        tenant,
        project_id,
        rule_set_id
) AS d ON (d.tenant = c.tenant) AND (d.project_id = c.project_id) AND (d.rule_set_id = c.config_id);

CREATE TABLE rule_states
(
    `tenant` LowCardinality(String),
    `rule_id` String,
    `type` LowCardinality(String),
    `name` String,
    `version` String,
    `is_valid` Nullable(Bool),
    `plugin_id` LowCardinality(String),
    `plugin_name` LowCardinality(String),
    `plugin_version` LowCardinality(String),
    `content` Array(Tuple(
        group_name String,
        can_modify_when_inherit Bool,
        properties Array(Tuple(
            key String,
            type String,
            name String,
            value_type String,
            value String,
            operator String)))),
    `layout_content` String,
    `creator` LowCardinality(String),
    `create_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` LowCardinality(String),
    `update_text` String,
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `settings` Array(Tuple(
        parent String,
        item String,
        label String,
        field String,
        relation String,
        value String)) MATERIALIZED arrayMap(raw -> arrayMap((s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6), raw, arrayEnumerateUniq(raw.2, raw.4)), [arrayConcat([('', '', '', 'exists', 'switch', 'true'), ('', '', '', 'name', '', name), ('', '', '', 'type', '', toString(type)), ('', '', '', 'plugin', '', concat(plugin_id, ' ', plugin_version)), ('', '', '', 'is_valid', 'switch', ifNull(toString(is_valid), ''))], arrayFlatten(arrayMap(g -> arrayConcat([('', g.group_name, g.group_name, 'exists', 'switch', 'true'), ('', g.group_name, g.group_name, 'can_modify_when_inherit', '', toString(g.can_modify_when_inherit))], arrayFlatten(arrayMap(p -> [(g.group_name, concat(g.group_name, '/', p.key), concat(g.group_name, ' / ', if(p.name = '', p.key, p.name)), 'exists', 'switch', 'true'), (g.group_name, concat(g.group_name, '/', p.key), concat(g.group_name, ' / ', if(p.name = '', p.key, p.name)), 'value', multiIf((p.operator IN ('≤', '<=', '<')), 'max', (p.operator IN ('≥', '>=', '>')), 'min', ''), p.value), (g.group_name, concat(g.group_name, '/', p.key), concat(g.group_name, ' / ', if(p.name = '', p.key, p.name)), 'operator', '', p.operator)], g.properties))), content)))])[1]
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, rule_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW rule_states_mv TO rule_states
(
    `tenant` LowCardinality(String),
    `rule_id` String,
    `type` String,
    `name` String,
    `version` String,
    `is_valid` Nullable(Bool),
    `plugin_id` String,
    `plugin_name` String,
    `plugin_version` String,
    `content` Array(Tuple(
        group_name String,
        can_modify_when_inherit Bool,
        properties Array(Tuple(
            key String,
            type String,
            name String,
            value_type String,
            value String,
            operator String)))),
    `layout_content` String,
    `creator` String,
    `create_text` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` String,
    `update_text` String,
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n        type String,\n        name String,\n        version String,\n        is_valid Nullable(Bool),\n        plugin_id String,\n        plugin_name String,\n        plugin_version String,\n        content Array(Tuple(\n            group_name String,\n            can_modify_when_inherit Bool,\n            properties Array(Tuple(key String, type String, name String, value_type String, value String, operator String)))),\n        layout_content String,\n        creator String,\n        create_time String,\n        updater String,\n        update String,\n        update_time String)') AS b,
    if(zone = '', '+08:00', zone) AS utc_offset
SELECT
    tenant,
    id AS rule_id,
    b.type AS type,
    b.name AS name,
    b.version AS version,
    b.is_valid AS is_valid,
    b.plugin_id AS plugin_id,
    b.plugin_name AS plugin_name,
    b.plugin_version AS plugin_version,
    b.content AS content,
    b.layout_content AS layout_content,
    b.creator AS creator,
    b.create_time AS create_text,
    if(b.create_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.create_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.create_time, concat(b.create_time, utc_offset)), 3, 'UTC')) AS created_at,
    if(b.updater = '', b.update, b.updater) AS updater,
    b.update_time AS update_text,
    if(b.update_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.update_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.update_time, concat(b.update_time, utc_offset)), 3, 'UTC')) AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'rule_detail';

CREATE VIEW rules
(
    `tenant` LowCardinality(String),
    `rule_id` String,
    `type` LowCardinality(String),
    `name` String,
    `version` String,
    `operator` LowCardinality(String),
    `operated_at` Nullable(DateTime64(3, 'UTC')),
    `detail_version` String,
    `is_valid` Nullable(Bool),
    `plugin_id` LowCardinality(String),
    `plugin_name` LowCardinality(String),
    `plugin_version` LowCardinality(String),
    `content` Array(Tuple(
        group_name String,
        can_modify_when_inherit Bool,
        properties Array(Tuple(
            key String,
            type String,
            name String,
            value_type String,
            value String,
            operator String)))),
    `creator` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updater` LowCardinality(String),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    c.tenant AS tenant,
    c.config_id AS rule_id,
    c.type AS type,
    c.name AS name,
    c.version AS version,
    c.operator AS operator,
    c.operated_at AS operated_at,
    d.version AS detail_version,
    d.is_valid AS is_valid,
    d.plugin_id AS plugin_id,
    d.plugin_name AS plugin_name,
    d.plugin_version AS plugin_version,
    d.content AS content,
    d.creator AS creator,
    d.created_at AS created_at,
    d.updater AS updater,
    d.updated_at AS updated_at,
    c.op AS op,
    c.observed_at AS observed_at,
    c.ver AS ver
FROM
(
    SELECT *
    FROM configs
    WHERE kind = 'rule'
) AS c
LEFT JOIN
(
    SELECT *
    FROM rule_states
    FINAL
    ORDER BY ver DESC
    LIMIT 1 BY
        tenant,
        rule_id
) AS d ON (d.tenant = c.tenant) AND (d.rule_id = c.config_id);

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
WHERE kind IN ('run_detail', 'run_detail_stage');

CREATE VIEW run_detail_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `run_number` Nullable(UInt32),
    `status` LowCardinality(String),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `detail_state` String
)
AS SELECT
    r.tenant AS tenant,
    r.project_id AS project_id,
    r.pipeline_id AS pipeline_id,
    r.run_id AS run_id,
    r.run_number AS run_number,
    r.status AS status,
    r.started_at AS started_at,
    r.ended_at AS ended_at,
    multiIf((d.run_id != '') AND (d.status = r.status) AND ifNull(abs(dateDiff('second', d.ended_at, r.ended_at)) <= 2, (d.ended_at IS NULL) AND (r.ended_at IS NULL)), 'have', (r.op IN ('expired', 'deleted')) OR ifNull(r.started_at < (now64(3) - toIntervalDay(90)), false) OR ((r.tenant, r.project_id, r.pipeline_id) IN (
        SELECT
            tenant,
            project_id,
            pipeline_id
        FROM pipelines
        GROUP BY
            tenant,
            project_id,
            pipeline_id
        HAVING argMax(pipelines.is_deleted, pipelines.ver) = 1
    )), 'expired', 'pending') AS detail_state
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        run_number,
        status,
        started_at,
        ended_at,
        op
    FROM runs
    FINAL
) AS r
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        status,
        ended_at
    FROM run_details
    FINAL
) AS d ON (d.tenant = r.tenant) AND (d.project_id = r.project_id) AND (d.pipeline_id = r.pipeline_id) AND (d.run_id = r.run_id);

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

CREATE TABLE run_numbers
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `block` UInt32,
    `bits` SimpleAggregateFunction(groupBitOr, UInt64),
    `seen` SimpleAggregateFunction(minMap, Tuple(
        Array(UInt8),
        Array(UInt32))),
    `ver` SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, project_id, pipeline_id, block)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW run_numbers_mv TO run_numbers
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `block` UInt32,
    `bits` UInt64,
    `seen` Tuple(
        Array(UInt8),
        Array(UInt32)),
    `ver` UInt64
)
AS SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    intDiv(b.run_number, 64) AS block,
    bitShiftLeft(toUInt64(1), b.run_number % 64) AS bits,
    ([toUInt8(b.run_number % 64)], [toUnixTimestamp(observed_at)]) AS seen,
    ver
FROM
(
    SELECT
        tenant,
        scope,
        observed_at,
        JSONExtract(body, 'Tuple(pipeline_id String, run_number UInt32)') AS b,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
WHERE b.run_number > 0;

CREATE VIEW run_pauses
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `seen_live` UInt8,
    `pauses` Nullable(UInt64),
    `paused_s` Nullable(Float64),
    `since` Nullable(DateTime64(3, 'UTC'))
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    argMin(status, ver) NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AS seen_live,
    if(seen_live, countIf(waits AND (NOT waited)), NULL) AS pauses,
    if(seen_live, sumIf(dateDiff('millisecond', observed_at, ifNull(until, now64(3))), waits) / 1000, NULL) AS paused_s,
    if(argMax(waits, ver), maxIf(toNullable(observed_at), waits AND (NOT waited)), NULL) AS since
FROM
(
    SELECT
        *,
        (status IN ('PAUSED', 'SUSPEND')) AND (op NOT IN ('deleted', 'expired')) AS waits,
        lagInFrame(waits, 1, 0) OVER life AS waited,
        leadInFrame(toNullable(observed_at)) OVER life AS until
    FROM run_states
    FINAL
    WINDOW life AS (PARTITION BY tenant, project_id, pipeline_id, run_id ORDER BY ver ASC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
GROUP BY
    tenant,
    project_id,
    pipeline_id,
    run_id;

CREATE TABLE run_pipelines
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, project_id, pipeline_id)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW run_pipelines_mv TO run_pipelines
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String)
)
AS SELECT DISTINCT
    tenant,
    project_id,
    pipeline_id
FROM runs;

CREATE TABLE run_starts_by_day
(
    `tenant` LowCardinality(String),
    `day` Date,
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `run` SimpleAggregateFunction(any, UInt64),
    `first_local` SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    `ver` SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toRelativeMonthNum(day) % 48
ORDER BY (tenant, day, project_id, pipeline_id, run_id)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192;

CREATE MATERIALIZED VIEW run_starts_by_day_mv TO run_starts_by_day
(
    `tenant` LowCardinality(String),
    `day` Date,
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `run` UInt64,
    `first_local` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT
    tenant,
    toDate(coalesce(started_at, ended_at, observed_at)) AS day,
    project_id,
    pipeline_id,
    run_id,
    cityHash64(tenant, project_id, pipeline_id, run_id) AS run,
    assumeNotNull(arrayReduce('min', begun)) + toIntervalSecond(ifNull(dateDiff('second', parseDateTimeBestEffortOrNull(concat('2000-01-02 00:00:00', utc_offset), 'UTC'), toDateTime('2000-01-02 00:00:00', 'UTC')), 0)) AS first_local,
    ver
FROM
(
    WITH
        JSONExtract(body, 'Tuple(\n        pipeline_id String,\n        start_time Int64,\n        end_time Int64,\n        stage_status_list Array(Tuple(start_time String)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        id AS run_id,
        fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
        fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
        observed_at,
        if(zone = '', '+08:00', zone) AS utc_offset,
        arrayMap(text -> parseDateTime64BestEffortOrNull(if(match(text, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), text, concat(text, utc_offset)), 3, 'UTC'), b.stage_status_list.start_time) AS begun,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
WHERE arrayReduce('min', begun) IS NOT NULL;

CREATE VIEW run_starts_ended_since
AS SELECT
    r.*,
    s.first_local - toIntervalSecond(r.utc_offset) AS first_started_at
FROM runs_ended_since(since = {since:DateTime64(3, 'UTC')}) AS r
ANY LEFT JOIN
(
    SELECT
        run,
        day,
        toNullable(run_starts_by_day.first_local) AS first_local
    FROM run_starts_by_day
    FINAL
    WHERE day >= (toDate({since:DateTime64(3, 'UTC')}) - 8)
    UNION ALL
    SELECT
        run,
        day,
        toNullable(run_starts_by_day.first_local) AS first_local
    FROM run_starts_by_day
    FINAL
    WHERE (day, run) IN (
        SELECT
            day,
            run
        FROM runs_by_day
        WHERE (until >= {since:DateTime64(3, 'UTC')}) AND (day < (toDate({since:DateTime64(3, 'UTC')}) - 8))
    )
) AS s ON (s.run = r.run) AND (s.day = r.day);

CREATE TABLE run_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `status` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW run_states_mv TO run_states
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `status` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(pipeline_id String, status String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    b.status AS status,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
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

CREATE VIEW runs_as_of
AS WITH
    {as_of:DateTime64(3, 'UTC')} AS moment
SELECT r.* REPLACE (if(ifNull(r.ended_at <= moment, false), r.status, s.status) AS status)
FROM
(
    SELECT *
    FROM runs
    FINAL
    WHERE (ifNull(started_at, observed_at) <= moment) AND (NOT ((op IN ('deleted', 'expired')) AND (observed_at <= moment))) AND ((tenant, project_id, pipeline_id) NOT IN (
        SELECT
            tenant,
            project_id,
            pipeline_id
        FROM pipelines
        GROUP BY
            tenant,
            project_id,
            pipeline_id
        HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= moment), pipelines.ver) = (1, true)
    ))
) AS r
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        argMax(CAST(run_states.status, 'String'), run_states.ver) AS status
    FROM run_states
    WHERE (run_states.observed_at <= moment) AND ((tenant, project_id, pipeline_id, run_id) IN (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            run_id
        FROM runs
        FINAL
        WHERE (ifNull(started_at, observed_at) <= moment) AND ((ended_at IS NULL) OR (ended_at > moment))
    ))
    GROUP BY
        tenant,
        project_id,
        pipeline_id,
        run_id
) AS s ON (s.tenant = r.tenant) AND (s.project_id = r.project_id) AND (s.pipeline_id = r.pipeline_id) AND (s.run_id = r.run_id);

CREATE VIEW runs_begun_since
AS WITH
    {since:Date} - least(8, toUInt16({since:Date})) AS before
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    run,
    line,
    ver,
    run_number,
    status,
    gone,
    started_at,
    ended_at,
    observed_at
FROM runs_by_day
FINAL
WHERE (day >= {since:Date}) AND ((run, ver) NOT IN (
    SELECT
        run,
        arrayJoin(arrayPopBack(arraySort(groupUniqArray(ver))))
    FROM runs_by_day
    WHERE (day >= before) AND (run IN (
        SELECT arrayJoin(arrayFilter((run, last) -> (run = last), runs, arrayPushFront(arrayPopBack(runs), 0)))
        FROM
        (
            SELECT arraySort(groupArray(run)) AS runs
            FROM runs_by_day
            WHERE day >= before
            GROUP BY bitAnd(run, 15)
        )
    ))
    GROUP BY run
    HAVING min(day) < max(day)
));

CREATE TABLE runs_by_day
(
    `tenant` LowCardinality(String),
    `day` Date,
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `run` UInt64,
    `line` UInt64,
    `run_number` Nullable(UInt32),
    `status` LowCardinality(String),
    `gone` Bool,
    `until` DateTime64(3, 'UTC'),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `utc_offset` Int32,
    `detail_url` String CODEC(ZSTD(1)),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    INDEX ends until TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toRelativeMonthNum(day) % 48
ORDER BY (tenant, day, project_id, pipeline_id, run_id)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1, index_granularity = 8192;

CREATE MATERIALIZED VIEW runs_by_day_mv TO runs_by_day
(
    `tenant` LowCardinality(String),
    `day` Date,
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `run` UInt64,
    `line` UInt64,
    `run_number` Nullable(UInt32),
    `status` String,
    `gone` LowCardinality(UInt8),
    `until` DateTime64(3, 'UTC'),
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `duration_ms` Nullable(Int64),
    `utc_offset` Int32,
    `detail_url` String,
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    pipeline_id String,\n    run_number UInt32,\n    status String,\n    start_time Int64,\n    end_time Int64,\n    detail_url String)') AS b
SELECT
    tenant,
    toDate(coalesce(started_at, ended_at, observed_at)) AS day,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    cityHash64(tenant, project_id, pipeline_id, run_id) AS run,
    cityHash64(tenant, project_id, pipeline_id) AS line,
    nullIf(b.run_number, 0) AS run_number,
    b.status AS status,
    op IN ('deleted', 'expired') AS gone,
    coalesce(ended_at, if(started_at IS NULL, toDateTime64(0, 3, 'UTC'), toDateTime64('2200-01-01', 3, 'UTC'))) AS until,
    fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
    nullIf(b.end_time, 0) - nullIf(b.start_time, 0) AS duration_ms,
    toInt32(ifNull(dateDiff('second', parseDateTimeBestEffortOrNull(concat('2000-01-02 00:00:00', if(zone = '', '+08:00', zone)), 'UTC'), toDateTime('2000-01-02 00:00:00', 'UTC')), 0)) AS utc_offset,
    b.detail_url AS detail_url,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
WHERE kind = 'run';

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
WHERE (op NOT IN ('deleted', 'expired')) AND ((tenant, project_id, pipeline_id) NOT IN (
    SELECT
        tenant,
        project_id,
        pipeline_id
    FROM pipelines
    GROUP BY
        tenant,
        project_id,
        pipeline_id
    HAVING argMax(pipelines.is_deleted, pipelines.ver) = 1
));

CREATE VIEW runs_ended_since
AS SELECT
    tenant,
    day,
    project_id,
    pipeline_id,
    run_id,
    run,
    line,
    status,
    started_at,
    assumeNotNull(runs_by_day.ended_at) AS ended_at,
    duration_ms,
    utc_offset
FROM runs_by_day
FINAL
WHERE (until >= {since:DateTime64(3, 'UTC')}) AND (runs_by_day.ended_at IS NOT NULL) AND ((run, ver) NOT IN (
    SELECT
        run,
        arrayJoin(arrayPopBack(arraySort(groupUniqArray(ver))))
    FROM runs_by_day
    WHERE (until >= {since:DateTime64(3, 'UTC')}) AND (run IN (
        SELECT arrayJoin(arrayFilter((run, before) -> (run = before), runs, arrayPushFront(arrayPopBack(runs), 0)))
        FROM
        (
            SELECT arraySort(groupArray(run)) AS runs
            FROM runs_by_day
            WHERE until >= {since:DateTime64(3, 'UTC')}
            GROUP BY bitAnd(run, 15)
        )
    ))
    GROUP BY run
    HAVING min(day) < max(day)
));

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

CREATE TABLE settings
(
    `activated_at` DateTime64(3, 'UTC'),
    `settings` String
)
ENGINE = ReplacingMergeTree
ORDER BY activated_at
SETTINGS index_granularity = 8192;

CREATE VIEW settings_in_force
(
    `production` Array(Tuple(
        String,
        String,
        Array(String))),
    `limits` Array(Tuple(
        name String,
        tenant String,
        project String,
        value Float64)),
    `pages` Map(String, Map(String, String))
)
AS WITH
    argMax(settings.settings, activated_at) AS newest
SELECT
    arrayConcat(JSONExtract(newest, 'production_of', 'Array(Tuple(\n            tenant String,\n            project String,\n            environments Array(String)))'), [('', '', if(newest = '', ['production'], JSONExtract(newest, 'production', 'Array(String)')))]) AS production,
    JSONExtract(newest, 'limits', 'Array(Tuple(\n        name String,\n        tenant String,\n        project String,\n        value Float64))') AS limits,
    if(JSONHas(newest, 'pages'), JSONExtract(newest, 'pages', 'Map(String, Map(String, String))'), mapApply((tenant, form) -> (tenant, map('run', form)), JSONExtract(newest, 'run_pages', 'Map(String, String)'))) AS pages
FROM settings;

CREATE TABLE shipped_changes
(
    `generation` UInt64,
    `batch` UInt64,
    `unit` UInt64,
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `service` LowCardinality(String),
    `environment` LowCardinality(String),
    `codehub_id` LowCardinality(String),
    `commit_id` String,
    `at` DateTime64(3, 'UTC'),
    `tier` LowCardinality(String),
    `project` LowCardinality(String),
    `committed_at` Nullable(DateTime64(3, 'UTC')),
    `title` String,
    `author_name` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `pipeline` LowCardinality(String),
    `run_id` String,
    `run_number` Nullable(UInt32),
    `stage` LowCardinality(String),
    `rule` LowCardinality(String),
    `exception` LowCardinality(String),
    `commit` UInt64 MATERIALIZED if((tier = 'C') AND (exception = '') AND (commit_id != ''), cityHash64(tenant, codehub_id, commit_id), 0),
    `run_started_at` Nullable(DateTime64(3, 'UTC')),
    INDEX at_minmax at TYPE minmax GRANULARITY 1,
    INDEX commit_minmax commit TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (toStartOfMonth(at), tenant, service, environment, project_id, at)
SETTINGS index_granularity = 8192;

CREATE VIEW shipped_changes_now
AS WITH
    sources AS
    (
        SELECT
            tenant,
            source
        FROM delivery_sources
        WHERE unit IN (
            SELECT unit
            FROM judging_units
            WHERE batch = {batch:UInt64}
        )
    )
SELECT
    unit,
    tenant,
    project_id,
    service,
    environment,
    codehub_id,
    change AS commit_id,
    at,
    tier,
    project,
    changed_at AS committed_at,
    title,
    author_name,
    pipeline_id,
    pipeline,
    run_id,
    run_number,
    stage,
    rule,
    multiIf(((tier = 'B') AND (prev_commit = '')) OR ((tier = 'C') AND (row_number() OVER repository = 1)), 'baseline', (tier = 'B') AND (changed_at <= prev_committed_at), 'older', (tier = 'C') AND (change != '') AND (row_number() OVER commit > 1), 'repeated', '') AS exception,
    run_started_at
FROM
(
    SELECT
        s.*,
        k.committed_at AS changed_at,
        k.title AS title,
        k.author_name AS author_name,
        multiIf(known, 'A', changed_at IS NOT NULL, 'B', 'C') AS tier
    FROM
    (
        SELECT
            d.*,
            r.complete AS known,
            arrayJoin(if(known, r.commit_ids, [d.commit_id])) AS change
        FROM
        (
            SELECT
                a.*,
                b.started_at AS run_started_at
            FROM unit_attempts(batch = {batch:UInt64}) AS a
            ANY LEFT JOIN
            (
                SELECT
                    tenant,
                    project_id,
                    pipeline_id,
                    run_id,
                    started_at
                FROM runs
                FINAL
                WHERE (tenant, project_id, pipeline_id) IN (
                    SELECT
                        tenant,
                        project_id,
                        pipeline_id
                    FROM deployment_terms
                    WHERE (tenant, pipeline_id) IN (sources)
                )
            ) AS b ON (b.tenant = a.tenant) AND (b.project_id = a.project_id) AND (b.pipeline_id = a.pipeline_id) AND (b.run_id = a.run_id)
            WHERE a.succeeded
        ) AS d
        LEFT JOIN
        (
            SELECT *
            FROM commit_range_states
            FINAL
            WHERE found AND complete AND ((tenant, repository_id) IN (sources))
        ) AS r ON (r.tenant = d.tenant) AND (r.repository_id = d.codehub_id) AND (r.from_commit = d.prev_commit) AND (r.to_commit = d.commit_id)
    ) AS s
    ANY LEFT JOIN
    (
        SELECT
            tenant,
            repository_id,
            commit_id,
            committed_at,
            title,
            author_name
        FROM commit_states
        FINAL
        WHERE found AND ((tenant, repository_id) IN (sources))
    ) AS k ON (k.tenant = s.tenant) AND (k.repository_id = s.codehub_id) AND (k.commit_id = s.change)
)
WINDOW
    repository AS (PARTITION BY tenant, project_id, service, environment, codehub_id ORDER BY at ASC, run_id ASC, position ASC, start_text ASC),
    commit AS (PARTITION BY tenant, project_id, service, environment, codehub_id, change ORDER BY at ASC, run_id ASC, position ASC, start_text ASC)
ORDER BY
    at ASC,
    tier ASC,
    run_id ASC,
    position ASC,
    start_text ASC
LIMIT 1 BY
    tenant,
    project_id,
    service,
    environment,
    codehub_id,
    change,
    if(tier = 'C', (run_id, position, start_text), ('', 0, ''));

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
    `message` String,
    `source_branch` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `tag` String,
    `codehub_id` LowCardinality(String),
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
    `message` String,
    `source_branch` String,
    `target_branch` String,
    `tag` String,
    `codehub_id` String,
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
    message,
    source_branch,
    target_branch,
    tag,
    codehub_id,
    op,
    observed_at,
    ver
FROM
(
    WITH
        JSONExtract(body, 'Tuple(\n        pipeline_id String,\n        run_number UInt32,\n        status String,\n        trigger_type String,\n        executor_name String,\n        build_params Tuple(commit_id String, message String, source_branch String, target_branch String, tag String, codehub_id String),\n        stage_status_list Array(Tuple(\n            id String,\n            name String,\n            sequence Int32,\n            status String,\n            start_time String,\n            end_time String)))') AS b
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
        b.build_params.message AS message,
        b.build_params.source_branch AS source_branch,
        b.build_params.target_branch AS target_branch,
        b.build_params.tag AS tag,
        b.build_params.codehub_id AS codehub_id,
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

CREATE VIEW stage_commits
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `position` UInt16,
    `stage` LowCardinality(String),
    `commit_id` String,
    `attempt_count` UInt64,
    `finished_at` DateTime64(3, 'UTC'),
    `failed_at` UInt64,
    `passed_at` UInt32,
    `flaky` UInt8,
    `lost` Array(Tuple(
        DateTime64(3, 'UTC'),
        String,
        UInt8,
        String,
        Int64)),
    `failures` UInt64,
    `failed_first_at` Nullable(DateTime64(3, 'UTC')),
    `failed_run_id` String,
    `passed_first_at` Nullable(DateTime64(3, 'UTC')),
    `passed_run_id` String,
    `passed_by` String,
    `failed_s` Nullable(Float64),
    `delay_s` Nullable(Float64)
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    position,
    stage,
    commit_id,
    length(attempts) AS attempt_count,
    (attempts[-1]).1 AS finished_at,
    indexOf(attempts.3, true) AS failed_at,
    arrayFirstIndex((a, i) -> ((i > failed_at) AND (NOT (a.3))), attempts, arrayEnumerate(attempts)) AS passed_at,
    (failed_at > 0) AND (passed_at > 0) AS flaky,
    arrayFilter((a, i) -> (flaky AND (i < passed_at) AND (a.3)), attempts, arrayEnumerate(attempts)) AS lost,
    length(lost) AS failures,
    if(flaky, (attempts[failed_at]).1, NULL) AS failed_first_at,
    if(flaky, (attempts[failed_at]).4, '') AS failed_run_id,
    if(flaky, (attempts[passed_at]).1, NULL) AS passed_first_at,
    if(flaky, (attempts[passed_at]).4, '') AS passed_run_id,
    multiIf(NOT flaky, '', has(lost.4, passed_run_id), 'retry', 'another run') AS passed_by,
    if(flaky, arraySum(lost.5) / 1000, NULL) AS failed_s,
    if(flaky, dateDiff('millisecond', failed_first_at, passed_first_at) / 1000, NULL) AS delay_s
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        position,
        name AS stage,
        commit_id,
        arraySort(groupArray((assumeNotNull(ended_at), start_text, CAST(status, 'String') = 'FAILED', run_id, ifNull(duration_ms, 0)))) AS attempts
    FROM stage_attempts
    FINAL
    WHERE (status IN ('COMPLETED', 'FAILED')) AND (ended_at IS NOT NULL) AND (commit_id != '')
    GROUP BY
        tenant,
        project_id,
        pipeline_id,
        position,
        name,
        commit_id
);

CREATE VIEW stage_lists
AS WITH
    changed AS
    (
        SELECT
            tenant,
            project_id,
            pipeline_id
        FROM runs
        WHERE (tenant, project_id, pipeline_id) IN (
            SELECT
                tenant,
                project_id,
                pipeline_id
            FROM line_touches
            WHERE line IN (
                SELECT judging_units.unit
                FROM judging_units
                WHERE batch = {batch:UInt64}
            )
        )
        GROUP BY
            tenant,
            project_id,
            pipeline_id
        HAVING uniqExact(stage_names) > 1
    )
SELECT
    tenant,
    project_id,
    pipeline_id,
    target_branch,
    groupArray((over_at, cityHash64(stage_names))) AS lists,
    groupUniqArray((cityHash64(stage_names), stage_names)) AS known
FROM
(
    SELECT
        *,
        max(run_number) OVER (PARTITION BY tenant, project_id, pipeline_id, target_branch ORDER BY over_at ASC, run_number ASC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS newest
    FROM
    (
        SELECT
            r.tenant AS tenant,
            r.project_id AS project_id,
            r.pipeline_id AS pipeline_id,
            r.target_branch AS target_branch,
            r.run_number AS run_number,
            r.stage_names AS stage_names,
            least(ifNull(r.ended_at, s.over_at), s.over_at) AS over_at
        FROM
        (
            SELECT
                tenant,
                project_id,
                pipeline_id,
                run_id,
                target_branch,
                run_number,
                ended_at,
                stage_names
            FROM runs
            FINAL
            WHERE ((tenant, project_id, pipeline_id) IN (changed)) AND arrayExists(status -> (status NOT IN ('INIT', 'SKIPPED', 'UNSELECTED')), stage_statuses)
        ) AS r
        INNER JOIN
        (
            SELECT
                tenant,
                project_id,
                pipeline_id,
                run_id,
                min(observed_at) AS over_at
            FROM run_states
            WHERE ((tenant, project_id, pipeline_id) IN (changed)) AND (status IN ('COMPLETED', 'FAILED'))
            GROUP BY
                tenant,
                project_id,
                pipeline_id,
                run_id
        ) AS s ON (s.tenant = r.tenant) AND (s.project_id = r.project_id) AND (s.pipeline_id = r.pipeline_id) AND (s.run_id = r.run_id)
    )
)
WHERE run_number = newest
GROUP BY
    tenant,
    project_id,
    pipeline_id,
    target_branch;

CREATE VIEW stage_lives
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `stage` LowCardinality(String),
    `occurrence` Int64,
    `tries` Array(Tuple(
        ended_at DateTime64(3, 'UTC'),
        started_at Nullable(DateTime64(3, 'UTC')),
        run_id String,
        start_text String,
        position UInt16,
        failed UInt8,
        run_number Nullable(UInt32),
        commit_id String,
        executor_name String,
        trigger_type String,
        duration_ms Nullable(Int64),
        finished UInt8))
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    target_branch,
    stage,
    occurrence,
    arraySort(t -> (t.ended_at, t.started_at, t.run_id, t.start_text), arrayFilter((t, o) -> ((o = occurrence) AND t.finished), attempts, occurrences)) AS tries
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        target_branch,
        name AS stage,
        arraySort(t -> (t.run_id, t.position), groupArray(CAST((ifNull(ended_at, toDateTime64(0, 3, 'UTC')), started_at, run_id, start_text, position, status = 'FAILED', run_number, commit_id, executor_name, trigger_type, duration_ms, (status IN ('COMPLETED', 'FAILED')) AND (ended_at IS NOT NULL)), 'Tuple(ended_at DateTime64(3, \'UTC\'), started_at Nullable(DateTime64(3, \'UTC\')), run_id String, start_text String, position UInt16, failed UInt8, run_number Nullable(UInt32), commit_id String, executor_name String, trigger_type String, duration_ms Nullable(Int64), finished UInt8)'))) AS attempts,
        arrayMap((run, before) -> (run != before), attempts.run_id, arrayPushFront(arrayPopBack(attempts.run_id), '')) AS begins,
        arrayCumSum((begins, place, before) -> ((NOT begins) AND (place != before)), begins, attempts.position, arrayPushFront(arrayPopBack(attempts.position), 0)) AS places,
        arrayMap((place, first) -> ((1 + place) - first), places, arrayFill((place, begins) -> begins, places, begins)) AS occurrences
    FROM stage_attempts
    FINAL
    GROUP BY
        tenant,
        project_id,
        pipeline_id,
        target_branch,
        name
)
ARRAY JOIN arrayDistinct(occurrences) AS occurrence;

CREATE TABLE stage_plugin_states
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `business_type` LowCardinality(String),
    `plugin_name` String,
    `group_id` LowCardinality(String),
    `group_name` LowCardinality(String),
    `is_group_editable` Nullable(Bool),
    `is_group_removable` Nullable(Bool),
    `is_group_cloneable` Nullable(Bool),
    `is_group_disabled` Nullable(Bool),
    `conditions` Array(String),
    `unique_id` String,
    `display_name` String,
    `description` String,
    `is_disabled` Nullable(Bool),
    `attribution` LowCardinality(String),
    `composition_type` LowCardinality(String),
    `runtime_attribution` LowCardinality(String),
    `version_attribution` LowCardinality(String),
    `icon_url` String,
    `is_multi_step_editable` Nullable(Bool),
    `is_standard` Nullable(Bool),
    `location` LowCardinality(String),
    `publisher_id` String,
    `manifest_version` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, business_type, plugin_name, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW stage_plugin_states_mv TO stage_plugin_states
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `business_type` String,
    `plugin_name` String,
    `group_id` String,
    `group_name` String,
    `is_group_editable` Nullable(Bool),
    `is_group_removable` Nullable(Bool),
    `is_group_cloneable` Nullable(Bool),
    `is_group_disabled` Nullable(Bool),
    `conditions` Array(String),
    `unique_id` String,
    `display_name` String,
    `description` String,
    `is_disabled` Nullable(Bool),
    `attribution` String,
    `composition_type` String,
    `runtime_attribution` String,
    `version_attribution` String,
    `icon_url` String,
    `is_multi_step_editable` Nullable(UInt8),
    `is_standard` Nullable(Bool),
    `location` String,
    `publisher_id` String,
    `manifest_version` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    group Tuple(business_type String, display_name String, unique_id String, editable Nullable(Bool), removable Nullable(Bool), cloneable Nullable(Bool), disabled Nullable(Bool), conditions Array(String)),\n    plugin Tuple(unique_id String, display_name String, plugin_name String, disabled Nullable(Bool), group_name String, group_type String, plugin_attribution String, plugin_composition_type String, runtime_attribution String, description String, version_attribution String, icon_url String, multi_step_editable Nullable(Int32), standard Nullable(Bool), location String, publisher_unique_id String, manifest_version String))') AS b
SELECT
    tenant,
    kind,
    b.group.business_type AS business_type,
    b.plugin.plugin_name AS plugin_name,
    b.group.unique_id AS group_id,
    b.group.display_name AS group_name,
    b.group.editable AS is_group_editable,
    b.group.removable AS is_group_removable,
    b.group.cloneable AS is_group_cloneable,
    b.group.disabled AS is_group_disabled,
    b.group.conditions AS conditions,
    b.plugin.unique_id AS unique_id,
    b.plugin.display_name AS display_name,
    b.plugin.description AS description,
    b.plugin.disabled AS is_disabled,
    b.plugin.plugin_attribution AS attribution,
    b.plugin.plugin_composition_type AS composition_type,
    b.plugin.runtime_attribution AS runtime_attribution,
    b.plugin.version_attribution AS version_attribution,
    b.plugin.icon_url AS icon_url,
    b.plugin.multi_step_editable != 0 AS is_multi_step_editable,
    b.plugin.standard AS is_standard,
    b.plugin.location AS location,
    b.plugin.publisher_unique_id AS publisher_id,
    b.plugin.manifest_version AS manifest_version,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('stage_plugin', 'optional_plugin');

CREATE VIEW stage_plugins
(
    `tenant` LowCardinality(String),
    `kind` LowCardinality(String),
    `business_type` LowCardinality(String),
    `plugin_name` String,
    `group_id` LowCardinality(String),
    `group_name` LowCardinality(String),
    `is_group_editable` Nullable(Bool),
    `is_group_removable` Nullable(Bool),
    `is_group_cloneable` Nullable(Bool),
    `is_group_disabled` Nullable(Bool),
    `conditions` Array(String),
    `unique_id` String,
    `display_name` String,
    `description` String,
    `is_disabled` Nullable(Bool),
    `attribution` LowCardinality(String),
    `composition_type` LowCardinality(String),
    `runtime_attribution` LowCardinality(String),
    `version_attribution` LowCardinality(String),
    `icon_url` String,
    `is_multi_step_editable` Nullable(Bool),
    `is_standard` Nullable(Bool),
    `location` LowCardinality(String),
    `publisher_id` String,
    `manifest_version` LowCardinality(String),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS SELECT *
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM stage_plugin_states
        FINAL
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            kind,
            business_type,
            plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
);

CREATE VIEW stage_verdicts
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `target_branch` LowCardinality(String),
    `position` UInt16,
    `stage` LowCardinality(String),
    `run_id` String,
    `run_number` Nullable(UInt32),
    `start_text` String,
    `commit_id` String,
    `executor_name` String,
    `trigger_type` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `finished_at` DateTime64(3, 'UTC'),
    `duration_ms` Nullable(Int64),
    `failed` UInt8,
    `failed_before` UInt8,
    `greens` UInt64,
    `green_before` Nullable(DateTime64(3, 'UTC')),
    `state` String
)
AS SELECT
    tenant,
    project_id,
    pipeline_id,
    target_branch,
    t.position AS position,
    stage,
    t.run_id AS run_id,
    t.run_number AS run_number,
    t.start_text AS start_text,
    t.commit_id AS commit_id,
    t.executor_name AS executor_name,
    t.trigger_type AS trigger_type,
    t.started_at AS started_at,
    t.ended_at AS finished_at,
    t.duration_ms AS duration_ms,
    t.failed AS failed,
    failed_before,
    greens,
    green_before,
    multiIf(failed AND failed_before, 'still failing', failed, 'newly failing', failed_before, 'recovered', 'passing') AS state
FROM stage_lives
ARRAY JOIN
    tries AS t,
    arrayPushFront(arrayPopBack(tries.failed), 0) AS failed_before,
    arrayCumSum(failed -> (NOT failed), tries.failed) AS greens,
    arrayFill(green -> (green IS NOT NULL), arrayPushFront(arrayPopBack(arrayMap(t -> if(t.failed, NULL, t.ended_at), tries)), NULL)) AS green_before;

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
    toUInt16((first_stage + number) - 1) AS position,
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
        JSONExtract(body, 'Tuple(\n        pipeline_id String,\n        run_id String,\n        first_stage UInt16,\n        stages Array(Tuple(\n            id String,\n            category String,\n            name String,\n            identifier String,\n            run_always Bool,\n            parallel String,\n            is_select Bool,\n            sequence Int32,\n            depends_on Array(String),\n            condition String,\n            status String,\n            start_time Int64,\n            end_time Int64,\n            pause_time Int64)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        if(kind = 'run_detail', id, b.run_id) AS run_id,
        b.first_stage AS first_stage,
        b.stages AS stages,
        op,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_detail_events
    WHERE kind IN ('run_detail', 'run_detail_stage')
)
ARRAY JOIN
    stages AS stage,
    arrayEnumerate(stages) AS number;

CREATE TABLE step_logs
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` LowCardinality(String),
    `run_id` String,
    `attempt` String,
    `job_id` String,
    `step_id` String,
    `started_at` Nullable(DateTime64(3, 'UTC')) COMMENT 'of the step',
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `state` LowCardinality(String),
    `tries` UInt16 COMMENT 'how often it was asked for in vain',
    `reason` LowCardinality(String) COMMENT 'why it is not here',
    `log` String CODEC(ZSTD(3)),
    `whole` Bool COMMENT 'log is not only the end',
    `location` LowCardinality(String) COMMENT 'where CodeArts keeps it',
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, attempt)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW step_logs_mv TO step_logs
(
    `tenant` LowCardinality(String),
    `project_id` LowCardinality(String),
    `pipeline_id` String,
    `run_id` String,
    `attempt` String,
    `job_id` String,
    `step_id` String,
    `started_at` Nullable(DateTime64(3, 'UTC')),
    `ended_at` Nullable(DateTime64(3, 'UTC')),
    `state` String,
    `tries` UInt16,
    `reason` String,
    `log` String,
    `whole` Bool,
    `location` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    pipeline_id String,\n    run_id String,\n    job_id String,\n    step_id String,\n    started_at Int64,\n    ended_at Int64,\n    state String,\n    tries UInt16,\n    reason String,\n    log String,\n    whole Bool,\n    location String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    b.run_id AS run_id,
    id AS attempt,
    b.job_id AS job_id,
    b.step_id AS step_id,
    fromUnixTimestamp64Milli(nullIf(b.started_at, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(b.ended_at, 0), 'UTC') AS ended_at,
    b.state AS state,
    b.tries AS tries,
    b.reason AS reason,
    b.log AS log,
    b.whole AS whole,
    b.location AS location,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'step_log';

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
            toUInt16((first_stage + number) - 1) AS stage_position,
            arrayConcat([('pre', toUInt16(0), '', '', stage.pre)], arrayMap((job, j) -> ('job', toUInt16(j - 1), job.id, job.name, job.steps), stage.jobs, arrayEnumerate(stage.jobs)), [('post', toUInt16(0), '', '', stage.post)]) AS lists,
            op,
            observed_at,
            ver
        FROM
        (
            WITH
                JSONExtract(body, 'Tuple(\n                pipeline_id String,\n                run_id String,\n                first_stage UInt16,\n                stages Array(Tuple(\n                    id String,\n                    name String,\n                    pre Array(Tuple(\n                        name String,\n                        task String,\n                        business_type String,\n                        inputs String,\n                        sequence Int32,\n                        official_task_version String,\n                        identifier String,\n                        multi_step_editable Int32,\n                        id String,\n                        endpoint_ids String,\n                        last_dispatch_id String,\n                        status String,\n                        message String,\n                        daily_build_number String,\n                        start_time Int64,\n                        end_time Int64)),\n                    post Array(Tuple(\n                        name String,\n                        task String,\n                        business_type String,\n                        inputs String,\n                        sequence Int32,\n                        official_task_version String,\n                        identifier String,\n                        multi_step_editable Int32,\n                        id String,\n                        endpoint_ids String,\n                        last_dispatch_id String,\n                        status String,\n                        message String,\n                        daily_build_number String,\n                        start_time Int64,\n                        end_time Int64)),\n                    jobs Array(Tuple(\n                        id String,\n                        name String,\n                        steps Array(Tuple(\n                            name String,\n                            task String,\n                            business_type String,\n                            inputs String,\n                            sequence Int32,\n                            official_task_version String,\n                            identifier String,\n                            multi_step_editable Int32,\n                            id String,\n                            endpoint_ids String,\n                            last_dispatch_id String,\n                            status String,\n                            message String,\n                            daily_build_number String,\n                            start_time Int64,\n                            end_time Int64)))))))') AS b
            SELECT
                tenant,
                scope AS project_id,
                b.pipeline_id AS pipeline_id,
                if(kind = 'run_detail', id, b.run_id) AS run_id,
                b.first_stage AS first_stage,
                b.stages AS stages,
                op,
                observed_at,
                bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
            FROM run_detail_events
            WHERE kind IN ('run_detail', 'run_detail_stage')
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

CREATE TABLE template_detail_states
(
    `tenant` LowCardinality(String),
    `template_id` String,
    `name` String,
    `manifest_version` LowCardinality(String),
    `language` LowCardinality(String),
    `description` String,
    `is_system` Bool,
    `region` LowCardinality(String),
    `domain_id` LowCardinality(String),
    `creator_id` LowCardinality(String),
    `updater_id` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `is_show_source` Nullable(Bool),
    `variables` Array(Tuple(
        name String,
        sequence Int32,
        type String,
        value String,
        is_secret Bool,
        is_runtime Bool,
        is_reset Bool,
        description String)),
    `definition` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, template_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW template_detail_states_mv TO template_detail_states
(
    `tenant` LowCardinality(String),
    `template_id` String,
    `name` String,
    `manifest_version` String,
    `language` String,
    `description` String,
    `is_system` Bool,
    `region` String,
    `domain_id` String,
    `creator_id` String,
    `updater_id` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `is_show_source` Nullable(Bool),
    `variables` Array(Tuple(
        name String,
        sequence Int32,
        type String,
        value String,
        is_secret Bool,
        is_runtime Bool,
        is_reset Bool,
        description String)),
    `definition` String,
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    name String,\n    manifest_version String,\n    language String,\n    description String,\n    is_system Bool,\n    region String,\n    domain_id String,\n    creator_id String,\n    updater_id String,\n    update_id String,\n    create_time Int64,\n    update_time Int64,\n    is_show_source Nullable(Bool),\n    variables Array(Tuple(name String, sequence Int32, type String, value String, is_secret Bool, is_runtime Bool, is_reset Bool, description String)),\n    definition String)') AS b
SELECT
    tenant,
    id AS template_id,
    b.name AS name,
    b.manifest_version AS manifest_version,
    b.language AS language,
    b.description AS description,
    b.is_system AS is_system,
    b.region AS region,
    b.domain_id AS domain_id,
    b.creator_id AS creator_id,
    if(b.updater_id = '', b.update_id, b.updater_id) AS updater_id,
    fromUnixTimestamp64Milli(nullIf(b.create_time, 0), 'UTC') AS created_at,
    fromUnixTimestamp64Milli(nullIf(b.update_time, 0), 'UTC') AS updated_at,
    b.is_show_source AS is_show_source,
    b.variables AS variables,
    b.definition AS definition,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'template_detail';

CREATE TABLE template_states
(
    `tenant` LowCardinality(String),
    `template_id` String,
    `name` String,
    `icon` String,
    `manifest_version` LowCardinality(String),
    `language` LowCardinality(String),
    `description` String,
    `is_system` Bool,
    `region` LowCardinality(String),
    `domain_id` LowCardinality(String),
    `creator_id` LowCardinality(String),
    `creator_name` LowCardinality(String),
    `updater_id` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `is_collect` Nullable(Bool),
    `is_show_source` Nullable(Bool),
    `stage_names` Array(String),
    `stage_sequences` Array(Int32),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, template_id, ver)
SETTINGS index_granularity = 8192;

CREATE MATERIALIZED VIEW template_states_mv TO template_states
(
    `tenant` LowCardinality(String),
    `template_id` String,
    `name` String,
    `icon` String,
    `manifest_version` String,
    `language` String,
    `description` String,
    `is_system` Bool,
    `region` String,
    `domain_id` String,
    `creator_id` String,
    `creator_name` String,
    `updater_id` String,
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `is_collect` Nullable(Bool),
    `is_show_source` Nullable(Bool),
    `stage_names` Array(String),
    `stage_sequences` Array(Int32),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64
)
AS WITH
    JSONExtract(body, 'Tuple(\n    name String,\n    icon String,\n    manifest_version String,\n    language String,\n    description String,\n    is_system Bool,\n    region String,\n    domain_id String,\n    creator_id String,\n    creator_name String,\n    updater_id String,\n    update_id String,\n    create_time Int64,\n    update_time Int64,\n    is_collect Nullable(Bool),\n    is_show_source Nullable(Bool),\n    stages Array(Tuple(name String, sequence Int32)))') AS b
SELECT
    tenant,
    id AS template_id,
    b.name AS name,
    b.icon AS icon,
    b.manifest_version AS manifest_version,
    b.language AS language,
    b.description AS description,
    b.is_system AS is_system,
    b.region AS region,
    b.domain_id AS domain_id,
    b.creator_id AS creator_id,
    b.creator_name AS creator_name,
    if(b.updater_id = '', b.update_id, b.updater_id) AS updater_id,
    fromUnixTimestamp64Milli(nullIf(b.create_time, 0), 'UTC') AS created_at,
    fromUnixTimestamp64Milli(nullIf(b.update_time, 0), 'UTC') AS updated_at,
    b.is_collect AS is_collect,
    b.is_show_source AS is_show_source,
    b.stages.name AS stage_names,
    b.stages.sequence AS stage_sequences,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'template';

CREATE VIEW templates
(
    `tenant` LowCardinality(String),
    `template_id` String,
    `name` String,
    `icon` String,
    `manifest_version` LowCardinality(String),
    `language` LowCardinality(String),
    `description` String,
    `is_system` Bool,
    `region` LowCardinality(String),
    `domain_id` LowCardinality(String),
    `creator_id` LowCardinality(String),
    `creator_name` LowCardinality(String),
    `updater_id` LowCardinality(String),
    `created_at` Nullable(DateTime64(3, 'UTC')),
    `updated_at` Nullable(DateTime64(3, 'UTC')),
    `is_collect` Nullable(Bool),
    `is_show_source` Nullable(Bool),
    `stage_names` Array(String),
    `stage_sequences` Array(Int32),
    `op` LowCardinality(String),
    `observed_at` DateTime64(3, 'UTC'),
    `ver` UInt64,
    `variables` Array(Tuple(
        name String,
        sequence Int32,
        type String,
        value String,
        is_secret Bool,
        is_runtime Bool,
        is_reset Bool,
        description String)),
    `definition` String
)
AS SELECT
    t.*,
    d.variables AS variables,
    d.definition AS definition
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM template_states
        FINAL
        ORDER BY ver DESC
        LIMIT 1 BY
            tenant,
            template_id
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS t
LEFT JOIN
(
    SELECT
        tenant,
        template_id,
        variables,
        definition
    FROM template_detail_states
    FINAL
    ORDER BY ver DESC
    LIMIT 1 BY
        tenant,
        template_id
) AS d ON (d.tenant = t.tenant) AND (d.template_id = t.template_id);

CREATE VIEW touched_units
(
    `unit` UInt64,
    `touched_at` DateTime64(6, 'UTC'),
    `is_over` Nullable(UInt8),
    `place` Tuple(
        String,
        String,
        String)
)
AS SELECT
    u.unit AS unit,
    u.touched_at AS touched_at,
    (j.judged.1) != (
        SELECT generation
        FROM deployment_generation
    ) AS is_over,
    u.place AS place
FROM
(
    SELECT
        unit,
        max(t.touched_at) AS touched_at,
        ('', '', '') AS place
    FROM
    (
        SELECT
            unit,
            tenant,
            source
        FROM delivery_sources
        UNION ALL
        SELECT
            sipHash64(tenant, service, environment) AS unit,
            tenant,
            incident_id
        FROM incident_states
        WHERE unit IN (
            SELECT unit
            FROM delivery_sources
        )
        UNION ALL
        SELECT
            r.unit,
            r.tenant,
            i.incident_id
        FROM
        (
            SELECT DISTINCT
                tenant,
                incident_id,
                deployment_run_id
            FROM incident_states
            WHERE deployment_run_id != ''
        ) AS i
        INNER JOIN
        (
            SELECT
                tenant,
                run_id,
                unit
            FROM delivery_runs
            WHERE (tenant, run_id) IN (
                SELECT
                    tenant,
                    deployment_run_id
                FROM incident_states
                WHERE deployment_run_id != ''
            )
        ) AS r ON (r.tenant = i.tenant) AND (r.run_id = i.deployment_run_id)
    ) AS s
    LEFT JOIN
    (
        SELECT
            tenant,
            source,
            max(delivery_touches.touched_at) AS touched_at
        FROM delivery_touches
        GROUP BY
            tenant,
            source
    ) AS t ON (t.tenant = s.tenant) AND (t.source = s.source)
    GROUP BY unit
    UNION ALL
    SELECT
        line,
        max(line_touches.touched_at),
        (CAST(any(tenant), 'String'), CAST(any(project_id), 'String'), any(pipeline_id))
    FROM line_touches
    GROUP BY line
) AS u
LEFT JOIN judged_in_force AS j ON j.unit = u.unit
WHERE is_over OR (u.touched_at > (j.judged.2));

CREATE VIEW unit_attempts
AS WITH
    sources AS
    (
        SELECT
            tenant,
            source
        FROM delivery_sources
        WHERE unit IN (
            SELECT unit
            FROM judging_units
            WHERE batch = {batch:UInt64}
        )
    )
SELECT
    *,
    lagInFrame(commit_id) OVER repository AS prev_commit,
    lagInFrame(committed_at) OVER repository AS prev_committed_at
FROM
(
    SELECT
        s.*,
        c.committed_at AS committed_at
    FROM
    (
        SELECT
            sipHash64(tenant, service, environment) AS unit,
            tenant,
            project_id,
            service,
            environment,
            codehub_id,
            assumeNotNull(deployments.succeeded) AS succeeded,
            assumeNotNull(deployments.finished_at) AS at,
            run_id,
            position,
            start_text,
            stage,
            commit_id,
            project,
            pipeline_id,
            pipeline,
            run_number,
            executor_name,
            rule,
            marker
        FROM deployments
        WHERE ((tenant, pipeline_id) IN (sources)) AND (sipHash64(tenant, service, environment) IN (
            SELECT unit
            FROM judging_units
            WHERE batch = {batch:UInt64}
        )) AND (deployments.succeeded IS NOT NULL) AND (deployments.finished_at IS NOT NULL)
    ) AS s
    ANY LEFT JOIN
    (
        SELECT
            tenant,
            repository_id,
            commit_id,
            (argMax(tuple(commit_states.committed_at), ver)).1 AS committed_at
        FROM commit_states
        WHERE found AND ((tenant, repository_id) IN (sources))
        GROUP BY
            tenant,
            repository_id,
            commit_id
    ) AS c ON (c.tenant = s.tenant) AND (c.repository_id = s.codehub_id) AND (c.commit_id = s.commit_id)
)
WINDOW repository AS (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY at ASC, run_id ASC, position ASC, start_text ASC ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);

