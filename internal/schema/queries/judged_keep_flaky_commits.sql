-- Keeps the commits that failed and then passed in the pipelines of a batch.
INSERT INTO judged_flaky_commits
SELECT (SELECT any(generation) FROM judging_units WHERE batch = {batch:UInt64}), {batch:UInt64}, *
FROM flaky_commits_now(batch = {batch:UInt64})
