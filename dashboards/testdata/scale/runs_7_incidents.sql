-- Every tenth incident is found two months later, and names the run.
INSERT INTO incident_states (tenant, incident_id, service, environment, deployment_run_id, started_at, resolved_at, title, source, op, observed_at, ver)
SELECT 'scale', concat('i', run_id), concat('pipeline ', toString(p)), 'production', if(h % 1000 = 500, run_id, '') AS named, started_at + toIntervalHour(if(named = '', 2, 1440)) AS began, began + toIntervalMinute(10 + h % 300), 'down', 'alertmanager', 'created', began, ver
FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')})
WHERE p % 5 = 0 AND h % 100 = 0 AND status = 'COMPLETED' AND NOT open AND began < {now:DateTime64(3, 'UTC')};
