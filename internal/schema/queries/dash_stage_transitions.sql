-- Stages that began to fail and stages that recovered, newest first. Newly
-- failing: a failed attempt after a success, or the first one known. Recovered:
-- the success after one or more failures; red for is the time between. Further
-- failures of a red stage are no transition.
SELECT
    change.2 AS at,
    change.1 AS state,
    tenant,
    project,
    pipeline,
    stage,
    branch,
    change.3 AS run_number,
    change.4 AS commit_id,
    if(state = 'recovered', red_s, NULL) AS red_s,
    if(state = 'recovered', failures, NULL) AS failures
FROM {{dash_red_episodes}}
ARRAY JOIN [('newly failing', toNullable(red_since), first_bad_run, first_bad_commit), ('recovered', green_at, green_run, green_commit)] AS change
WHERE $__timeFilter(at)
ORDER BY at DESC, tenant, project, pipeline, stage, branch, state
LIMIT 200
