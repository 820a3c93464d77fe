INSERT INTO commit_range_states (tenant, repository_id, from_commit, to_commit, found, complete, total, commit_ids, observed_at, ver)
SELECT 'scale', codehub_id, lower(hex(MD5(concat('commit ', toString(p), ' ', toString(intDiv(r * 3, 4) - 1))))), commit_id, true, true, 2, [commit_id, lower(hex(MD5(concat(commit_id, ' before'))))], started_at, ver
FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')})
WHERE p % 5 = 0 AND intDiv(r * 3, 4) > intDiv((r - 1) * 3, 4);
