INSERT INTO runs (tenant, project_id, pipeline_id, run_id, run_number, status, trigger_type, executor_name, started_at, ended_at, duration_ms, commit_id, message, target_branch, stage_names, stage_sequences, stage_statuses, detail_url, op, observed_at, ver)
SELECT
    'scale', project_id, pipeline_id, run_id, r, status, ['Webhook', 'Manual', 'Scheduler'][1 + h % 3], concat('person ', toString(h % 50)),
    started_at,
    if(open, NULL, started_at + toIntervalSecond(10 + arraySum(arraySlice(took, 1, reached)) + if(retried, 300 + took[bad_stage + 1], 0))) AS ended_at,
    dateDiff('millisecond', started_at, ended_at),
    commit_id, concat('change ', toString(r)), 'main', names, [0, 1, 2, 3],
    arrayMap(s -> multiIf(s + 1 > reached, 'INIT', s + 1 = reached, status, 'COMPLETED'), [0, 1, 2, 3]),
    concat('https://devcloud.example.com/cicd/project/', project_id, '/pipeline/detail/', pipeline_id, '/', run_id, '?v=1'),
    'changed', ifNull(ended_at, started_at), ver
FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')});
