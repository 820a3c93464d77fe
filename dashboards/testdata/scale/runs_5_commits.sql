INSERT INTO commit_states (tenant, repository_id, commit_id, found, committed_at, authored_at, title, author_name, observed_at, ver)
SELECT 'scale', codehub_id, if(older = 0, commit_id, lower(hex(MD5(concat(commit_id, ' before'))))), true, started_at - toIntervalMinute(45 + 20 * older) AS committed_at, committed_at, concat('change ', toString(r)), concat('person ', toString(h % 50)), started_at, ver
FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')})
ARRAY JOIN [0, 1] AS older
WHERE p % 5 = 0 AND intDiv(r * 3, 4) > intDiv((r - 1) * 3, 4);
