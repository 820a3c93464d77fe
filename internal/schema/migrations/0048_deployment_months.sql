-- Deployments as in 0030_deployments.sql, with the month of their start, in which
-- all versions of an attempt are one partition. FINAL leaves out no granule by an
-- index on a column that may change, and would read every month: whoever asks for
-- a range of ends asks for the months first that any version of it is in
-- (start_month IN (SELECT start_month FROM deployment_months WHERE finished_at ...)).
CREATE OR REPLACE VIEW deployments AS
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
    ver,
    toRelativeMonthNum(parseDateTimeBestEffortOrZero(start_text, 'UTC'), 'UTC') % 48 AS start_month
FROM deployment_attempts FINAL
WHERE selected AND terms IN (SELECT terms FROM deployment_terms_in_force)
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS deployment_months AS
SELECT finished_at, toRelativeMonthNum(parseDateTimeBestEffortOrZero(start_text, 'UTC'), 'UTC') % 48 AS start_month
FROM deployment_attempts;
