INSERT INTO scale_events (epoch, seq, stream, stored_at, subject, tenant, scope, kind, id, op, observed_at, ce_id, ce_type, ce_source, body)
SELECT 1, 10000000000 + 4 * ver + e.3 AS seq, 'scale', e.4, concat('artery.scale.', project_id, '.', e.1, '.', run_id), 'scale', project_id, e.1, run_id, e.2, e.4, toString(seq), e.1, 'scale', concat('{"pipeline_id":"', pipeline_id, '"}')
FROM
(
    SELECT *, if(open, started_at, started_at + toIntervalSecond(10 + arraySum(took))) AS seen_at
    FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')})
    WHERE started_at > {now:DateTime64(3, 'UTC')} - INTERVAL 90 DAY
)
ARRAY JOIN arrayConcat([('run', 'created', 0, started_at)], if(open, [], [('run', 'changed', 1, seen_at), ('run_detail', 'created', 2, seen_at)])) AS e
