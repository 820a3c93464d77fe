INSERT INTO run_states (tenant, project_id, pipeline_id, run_id, status, op, observed_at, ver)
SELECT tenant, project_id, pipeline_id, run_id, s.1, s.2, s.3, 2 * ver + s.4
FROM
(
    SELECT 'scale' AS tenant, *
    FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')})
)
ARRAY JOIN if(open, [('RUNNING', 'created', started_at, 0)], [('RUNNING', 'created', started_at, 0), (status, 'changed', started_at + toIntervalSecond(10 + arraySum(took)), 1)]) AS s;
