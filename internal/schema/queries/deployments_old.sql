-- Partitions of generations that are over, terms before the attempts by them.
SELECT table, partition_id
FROM system.parts
WHERE database = currentDatabase() AND table IN ('deployment_terms', 'deployment_attempts', 'judged_deployments', 'judged_pipelines', 'shipped_changes', 'judged_red_times', 'judged_flaky_commits', 'judged_units') AND active
    AND splitByChar(',', trim(BOTH '()' FROM partition))[1] != toString((SELECT generation FROM deployment_generation))
GROUP BY table, partition_id
ORDER BY table DESC, partition_id
