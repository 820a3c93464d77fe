INSERT INTO stage_attempts (tenant, project_id, pipeline_id, run_id, position, name, start_text, started_at, ended_at, duration_ms, status, run_number, run_status, commit_id, codehub_id, message, target_branch, executor_name, op, observed_at, ver)
SELECT
    'scale', project_id, pipeline_id, run_id, a.1, names[a.1 + 1],
    toString(begin), begin, ended, if(ended IS NULL, NULL, 1000 * took[a.1 + 1]), multiIf(a.2, 'FAILED', a.1 + 1 = reached, status, 'COMPLETED'),
    r, status, commit_id, codehub_id, concat('change ', toString(r)), 'main', concat('person ', toString(h % 50)), 'changed', ifNull(ended, begin), ver
FROM
(
    SELECT
        *,
        a,
        started_at + toIntervalSecond(5 + arraySum(arraySlice(took, 1, a.1)) + if(retried AND NOT a.2 AND a.1 >= bad_stage, 300 + took[bad_stage + 1], 0)) AS begin,
        if(open, NULL, begin + toIntervalSecond(took[a.1 + 1])) AS ended
    FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')})
    ARRAY JOIN arrayConcat(arrayMap(s -> (toUInt16(s), false), range(0, reached)), if(retried, [(toUInt16(bad_stage), true)], [])) AS a
);
