-- Deployments by the rule set in force, kept row by row: what the rules mean is
-- said in 0029_deployment_rules.sql (view deployments_by), and evaluating them
-- anew for every question costs more than the question. Kept rows are a pure
-- function of the attempt and of terms, so that a replay changes nothing; what
-- changes with time is only which terms are in force.
-- Terms are what the rules make of one pipeline with its names of today: the
-- rules that hold for it, with names filled in, and a hash of all that. They
-- come into force in batches (schema.SettleDeployments), like this:
--   1. the terms that are wanted and not in force are noted as coming; from then
--      on the rows of new attempts are kept by them too;
--   2. when the inserts have ended that did not know of it, the rows of all
--      attempts that are there are kept by them;
--   3. they are noted as in force. Readers look at rows of such terms only.
-- Each step may be repeated or broken off, and by several loaders at once: the
-- next batch sees what is still wanted. Rows of former terms are in nobody's way.
CREATE TABLE IF NOT EXISTS deployment_terms
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id String,
    in_force    Bool,
    batch       UInt64,
    terms       UInt64,
    generation  UInt64,
    pipeline    String,
    project     String,
    markers     Array(Tuple(kind String, branch String, tag String, message String)),
    rules       Array(Tuple(number UInt16, rule String, stage String, branch String, tag String, ignored Bool, service String, captured String, environment String, marker String))
)
ENGINE = ReplacingMergeTree
PARTITION BY generation
ORDER BY (tenant, project_id, pipeline_id, in_force, batch, terms)
SETTINGS index_granularity = 128;

-- A rebuild of stage attempts keeps all rows anew, as a change of rules does.
CREATE TABLE IF NOT EXISTS deployment_rebuilds (at DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree ORDER BY at;

-- A generation is all that was kept between two changes of the rules. None ever
-- comes back, so an old one can be dropped.
CREATE VIEW IF NOT EXISTS deployment_generation AS
SELECT sipHash64(revision, activated_at, version, (SELECT max(at) FROM deployment_rebuilds)) AS generation, rules
FROM deployment_rules_in_force;

CREATE VIEW IF NOT EXISTS deployment_terms_wanted AS
WITH (SELECT (generation, JSONExtract(rules, 'markers', 'Array(Tuple(kind String, branch String, tag String, message String))')) FROM deployment_generation) AS now
SELECT
    tenant,
    project_id,
    pipeline_id,
    sipHash64(now.1, tenant, project_id, pipeline_id, pipeline, project, rules) AS terms,
    now.1 AS generation,
    pipeline,
    project,
    now.2 AS markers,
    arraySort(r -> r.1, groupArrayIf((rule_number, rule, stage_pattern, branch_pattern, tag_pattern, ignored, service_form, captured, environment, rule_marker), rule_number > 0)) AS rules
FROM
(
    SELECT tenant, project_id, pipeline_id, pipeline, project, rule_number, rule, stage_pattern, branch_pattern, tag_pattern, ignored,
        service_form, captured, environment, rule_marker
    FROM deployment_pipeline_rules(rules = (SELECT rules FROM deployment_rules_in_force))
    WHERE pipeline_holds
    UNION ALL
    SELECT tenant, project_id, pipeline_id, pipeline, project, 0, '', '', '', '', false, '', '', '', '' FROM pipeline_names(need_groups = false)
)
GROUP BY tenant, project_id, pipeline_id, pipeline, project;

CREATE VIEW IF NOT EXISTS deployment_terms_in_force AS
SELECT tenant, project_id, pipeline_id, argMax(deployment_terms.terms, batch) AS terms
FROM deployment_terms
WHERE in_force
GROUP BY tenant, project_id, pipeline_id;

-- Every attempt of a stage that a rule of the terms names. The filter of the
-- view uses only what never changes of an attempt; what the rest of the rule
-- says of its newest state is in the row, and in selected.
-- The partition is the month of the start as its text says it, so that a time
-- range reads little, in a ring of four years, so that no block has too many.
CREATE TABLE IF NOT EXISTS deployment_attempts
(
    tenant        LowCardinality(String),
    project_id    LowCardinality(String),
    pipeline_id   LowCardinality(String),
    terms         UInt64,
    generation    UInt64,
    run_id        String,
    position      UInt16,
    stage         LowCardinality(String),
    start_text    String,
    selected      Bool,
    project       LowCardinality(String),
    pipeline      LowCardinality(String),
    service       LowCardinality(String),
    environment   LowCardinality(String),
    rule          LowCardinality(String),
    marker        LowCardinality(String),
    run_number    Nullable(UInt32),
    status        LowCardinality(String),
    started_at    Nullable(DateTime64(3, 'UTC')),
    finished_at   Nullable(DateTime64(3, 'UTC')),
    duration_ms   Nullable(Int64),
    commit_id     String,
    codehub_id    LowCardinality(String),
    target_branch LowCardinality(String),
    tag           String,
    message       String,
    trigger_type  LowCardinality(String),
    executor_name LowCardinality(String),
    ver           UInt64,
    INDEX finished finished_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY (generation, toRelativeMonthNum(parseDateTimeBestEffortOrZero(start_text, 'UTC'), 'UTC') % 48)
ORDER BY (tenant, project_id, pipeline_id, terms, run_id, position, stage, start_text);

-- for_batch is 0 for attempts that are inserted, which are kept by the terms in
-- force and by those that are coming.
CREATE TABLE IF NOT EXISTS deployment_inputs AS stage_attempts ENGINE = Null;
ALTER TABLE deployment_inputs ADD COLUMN IF NOT EXISTS for_batch UInt64;

CREATE MATERIALIZED VIEW IF NOT EXISTS deployment_inputs_mv TO deployment_inputs AS
SELECT *, toUInt64(0) AS for_batch FROM stage_attempts;

CREATE MATERIALIZED VIEW IF NOT EXISTS deployment_attempts_mv TO deployment_attempts AS
WITH arrayFirst(r -> match(a.name, r.stage) AND match(a.target_branch, r.branch) AND match(a.tag, r.tag), t.rules) AS decides
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
    decides.number > 0 AND NOT decides.ignored AS selected,
    t.project AS project,
    t.pipeline AS pipeline,
    replaceAll(replaceAll(decides.service, '{stage}', a.name), '{1}', decides.captured) AS service,
    decides.environment AS environment,
    decides.rule AS rule,
    if(decides.marker != '', decides.marker, tupleElement(arrayFirst(m ->
        (m.branch != '' AND (match(a.target_branch, m.branch) OR match(a.source_branch, m.branch)))
        OR (m.tag != '' AND match(a.tag, m.tag))
        OR (m.message != '' AND match(a.message, m.message)), t.markers), 'kind')) AS marker,
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
    SELECT tenant, project_id, pipeline_id, terms, generation, project, pipeline, rules, markers, batch
    FROM
    (
        SELECT *, maxIf(batch, in_force) OVER (PARTITION BY tenant, project_id, pipeline_id) AS in_force_batch
        FROM deployment_terms
        WHERE pipeline_id IN (SELECT pipeline_id FROM deployment_inputs)
    )
    WHERE batch >= in_force_batch
    LIMIT 1 BY tenant, project_id, pipeline_id, terms, batch
) AS t ON t.tenant = a.tenant AND t.project_id = a.project_id AND t.pipeline_id = a.pipeline_id
WHERE (a.for_batch = 0 OR a.for_batch = t.batch) AND arrayExists(r -> match(a.name, r.stage), t.rules);

-- Deployments by the rule set in force. A stage that was cancelled, skipped or
-- ignored did not deploy; one that is still running has not deployed yet.
-- The partition follows from the key, so FINAL need not look across: a time
-- range then reads the months that it is in.
CREATE VIEW IF NOT EXISTS deployments AS
SELECT
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
    ver
FROM deployment_attempts FINAL
WHERE selected AND terms IN (SELECT terms FROM deployment_terms_in_force)
SETTINGS do_not_merge_across_partitions_select_final = 1;

-- Deployments per service and day (UTC) of their end. attempts counts those
-- that ended in success or failure; the ratio of a day without any does not
-- exist, so such a day has no row.
CREATE VIEW IF NOT EXISTS deployment_success AS
SELECT
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
WHERE succeeded IS NOT NULL AND finished_at IS NOT NULL
GROUP BY tenant, project_id, service, environment, day;
