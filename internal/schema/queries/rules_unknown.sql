-- Runs of the last days of which no rule of a rule set knows any stage, by
-- pipeline: how many, the stages that they ran, and the newest of them.
SELECT
    tenant,
    project,
    pipeline,
    count() AS runs,
    arrayStringConcat(arraySort(groupUniqArrayArray(20)(stages)), ', ') AS stages,
    arrayStringConcat(arrayMap(r -> r.2, groupArraySorted(3)((-toUnixTimestamp64Milli(first_stage_at), run))), ' ') AS newest
FROM {{rules_unknown_runs}}
GROUP BY tenant, project, pipeline, pipeline_id
ORDER BY runs DESC, tenant, project, pipeline, pipeline_id
