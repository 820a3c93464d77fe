-- Deployment rules: which stage attempts are deployments, of which service, to
-- which environment. The configuration is their owner. This table is what the
-- loaders have put in force, a row for each time: one row is the whole rule
-- set, so that it comes into force in one step, and the table is the ledger.
-- rules is JSON (schema.RuleSet), version the hash of it.
-- The highest revision is in force, and of equal ones the latest. Nothing is
-- derived on insert: a change of rules re-states all of history at once.
CREATE TABLE IF NOT EXISTS deployment_rule_sets
(
    revision     UInt32,
    activated_at DateTime64(3, 'UTC'),
    version      String,
    source       LowCardinality(String),
    rules        String
)
ENGINE = ReplacingMergeTree
ORDER BY (revision, activated_at, version);

-- What holds while nothing is configured: a guess from the name of the stage,
-- and the pipeline as the service. It is labelled as the guess that it is.
CREATE VIEW IF NOT EXISTS built_in_deployment_rules AS
SELECT
    '{"attribution_ms":86400000,"rollback_ms":86400000,"zone":"UTC","rules":[{"name":"guess from the stage name","stage":"(?i)deploy.*prod|^prod|上线|production","service":"{pipeline}","environment":"production"}],"markers":[{"kind":"hotfix","branch":"(?i)hotfix","tag":"(?i)hotfix","message":"(?i)\\\\bhotfix"},{"kind":"rollback","message":"^Revert \\""}]}' AS rules,
    left(lower(hex(SHA256(rules))), 16) AS version,
    'built-in guess' AS source;

-- The rule set in force, one row.
CREATE VIEW IF NOT EXISTS deployment_rules_in_force AS
SELECT
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
    SELECT revision, activated_at, version, source, rules FROM deployment_rule_sets
    UNION ALL
    SELECT toUInt32(0), toDateTime64(0, 3, 'UTC'), version, source, rules FROM built_in_deployment_rules
)
ORDER BY revision DESC, activated_at DESC, version DESC
LIMIT 1;

-- The rules of a rule set, in their order: the first that holds decides.
CREATE VIEW IF NOT EXISTS deployment_rules_of AS
SELECT
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
    SELECT JSONExtract({rules:String}, 'rules', 'Array(Tuple(
        name String,
        tenant String,
        project String,
        group String,
        pipeline String,
        pipeline_id String,
        stage String,
        branch String,
        tag String,
        ignore Bool,
        service String,
        environment String,
        marker String))') AS all
)
ARRAY JOIN all AS rule, arrayEnumerate(all) AS number;

CREATE VIEW IF NOT EXISTS deployment_rules AS
SELECT f.version AS version, f.source AS source, f.activated_at AS activated_at, r.*
FROM deployment_rules_of(rules = (SELECT rules FROM deployment_rules_in_force)) AS r
CROSS JOIN (SELECT version, source, activated_at FROM deployment_rules_in_force) AS f;

-- Every pipeline that had a run: runs are many, pipelines are few.
CREATE TABLE IF NOT EXISTS run_pipelines
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id String
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, project_id, pipeline_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS run_pipelines_mv TO run_pipelines AS
SELECT DISTINCT tenant, project_id, pipeline_id FROM runs;

-- Every pipeline that a run or a list named, with its last known names. The
-- group of a pipeline is known from the detail of a run only; these are many,
-- and are read only if need_groups says so. group_path is the names from the
-- root down, joined by /.
CREATE VIEW IF NOT EXISTS pipeline_names AS
SELECT
    k.tenant AS tenant,
    k.project_id AS project_id,
    k.pipeline_id AS pipeline_id,
    if(p.name = '', k.pipeline_id, p.name) AS pipeline,
    if(j.project = '', k.project_id, j.project) AS project,
    g.group_path AS group_path
FROM
(
    SELECT tenant, project_id, pipeline_id FROM run_pipelines
    UNION DISTINCT
    SELECT tenant, project_id, pipeline_id FROM pipelines
) AS k
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, argMaxIf(pipelines.name, ver, pipelines.name != '') AS name
    FROM pipelines
    GROUP BY tenant, project_id, pipeline_id
) AS p ON p.tenant = k.tenant AND p.project_id = k.project_id AND p.pipeline_id = k.pipeline_id
LEFT JOIN projects AS j ON j.tenant = k.tenant AND j.project_id = k.project_id
LEFT JOIN
(
    SELECT d.tenant AS tenant, d.project_id AS project_id, d.pipeline_id AS pipeline_id, arrayStringConcat(n.path, '/') AS group_path
    FROM
    (
        SELECT tenant, project_id, pipeline_id, argMax(run_details.group_id, ver) AS newest_group
        FROM run_details
        WHERE {need_groups:Bool} AND run_details.group_id != ''
        GROUP BY tenant, project_id, pipeline_id
    ) AS d
    INNER JOIN pipeline_groups AS n ON n.tenant = d.tenant AND n.project_id = d.project_id AND n.group_id = d.newest_group
) AS g ON g.tenant = k.tenant AND g.project_id = k.project_id AND g.pipeline_id = k.pipeline_id;

-- What a rule asks of a pipeline. A condition is (name, what the rule wants,
-- what is there, whether it holds); what a rule leaves empty is no condition.
-- Ids and the tenant are compared, all else is searched as an RE2 expression.
CREATE VIEW IF NOT EXISTS deployment_pipeline_rules AS
SELECT
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
    arrayFilter(c -> c.2 != '',
    [
        ('tenant', r.tenant, p.tenant, r.tenant = p.tenant),
        ('project', r.project, p.project, r.project = p.project_id OR match(p.project, r.project)),
        ('group', r.group, p.group_path, match(p.group_path, r.group)),
        ('pipeline', r.pipeline, p.pipeline, match(p.pipeline, r.pipeline)),
        ('pipeline_id', r.pipeline_id, p.pipeline_id, r.pipeline_id = p.pipeline_id)
    ]) AS pipeline_conditions,
    arrayAll(c -> c.4, pipeline_conditions) AS pipeline_holds
FROM pipeline_names(need_groups = (SELECT max(r.group != '') FROM deployment_rules_of(rules = {rules:String}) AS r)) AS p
CROSS JOIN deployment_rules_of(rules = {rules:String}) AS r;

-- What a rule asks of a stage's name.
CREATE VIEW IF NOT EXISTS deployment_stage_rules AS
SELECT
    n.name AS name,
    r.rule_number AS rule_number,
    if(r.stage = '', [], [('stage', r.stage, CAST(n.name, 'String'), match(n.name, r.stage))]) AS stage_conditions,
    arrayAll(c -> c.4, stage_conditions) AS stage_holds
FROM (SELECT DISTINCT name FROM stage_attempts) AS n
CROSS JOIN deployment_rules_of(rules = {rules:String}) AS r;

-- Stage attempts with the rules that hold for them; of one run (parameter
-- run), with every rule, whether it holds or not. This is the only place that
-- says what a rule means. decides is the first rule that holds.
CREATE VIEW IF NOT EXISTS deployment_attempt_rules AS
SELECT
    *,
    holds AND rule_number = minIf(rule_number, holds) OVER (PARTITION BY tenant, project_id, pipeline_id, run_id, position, name, start_text) AS decides
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
        arrayFilter(c -> c.2 != '',
        [
            ('branch', p.branch_pattern, CAST(a.target_branch, 'String'), match(a.target_branch, p.branch_pattern)),
            ('tag', p.tag_pattern, a.tag, match(a.tag, p.tag_pattern))
        ]) AS attempt_conditions,
        arrayConcat(p.pipeline_conditions, s.stage_conditions, attempt_conditions) AS conditions,
        p.pipeline_holds AND s.stage_holds AND arrayAll(c -> c.4, attempt_conditions) AS holds
    FROM
    (
        SELECT *
        FROM stage_attempts FINAL
        PREWHERE ({run:String} = '' OR run_id = {run:String})
            AND ({run:String} != '' OR name IN (SELECT name FROM deployment_stage_rules(rules = {rules:String}) WHERE stage_holds))
            AND ({run:String} != '' OR (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM deployment_pipeline_rules(rules = {rules:String}) WHERE pipeline_holds))
    ) AS a
    INNER JOIN (SELECT * FROM deployment_pipeline_rules(rules = {rules:String}) WHERE {run:String} != '' OR pipeline_holds) AS p
        ON p.tenant = a.tenant AND p.project_id = a.project_id AND p.pipeline_id = a.pipeline_id
    INNER JOIN (SELECT * FROM deployment_stage_rules(rules = {rules:String}) WHERE {run:String} != '' OR stage_holds) AS s
        ON s.name = a.name AND s.rule_number = p.rule_number
)
WHERE {run:String} != '' OR holds;

-- Deployments by a rule set: stage attempts whose deciding rule does not
-- ignore them. A stage that was cancelled, skipped or ignored did not deploy;
-- one that is still running has not deployed yet. Both have succeeded = NULL.
-- marker says what a deployment is for, by its rule or else by the first of
-- the rule set's markers of which any pattern is found: hotfix, rollback, bug or ''.
CREATE VIEW IF NOT EXISTS deployments_by AS
WITH JSONExtract({rules:String}, 'markers', 'Array(Tuple(kind String, branch String, tag String, message String))') AS markers
SELECT
    tenant,
    project_id,
    project,
    pipeline_id,
    pipeline,
    service,
    environment,
    rule,
    if(rule_marker != '', rule_marker, tupleElement(arrayFirst(m ->
        (m.branch != '' AND (match(target_branch, m.branch) OR match(source_branch, m.branch)))
        OR (m.tag != '' AND match(tag, m.tag))
        OR (m.message != '' AND match(message, m.message)), markers), 'kind')) AS marker,
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
WHERE decides AND NOT ignored;
