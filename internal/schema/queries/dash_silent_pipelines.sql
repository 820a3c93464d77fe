-- Pipelines that have not started a run for longer than is usual for them. As of a
-- time in the past it is those that were there then.
-- Usual is learned from the pauses between the starts of the runs of the 90
-- days before the last one, at least 5 of them: the pause that holds at three
-- of four moments (the 75th percentile, each pause weighted by its length), so
-- that nights and weekends are known and one holiday changes little. Silent is
-- one and a half times that, or what alerts.limits in the configuration says. Times of watching without answers look like
-- silence too: see Freshness.
WITH {{limit_of}} AS limit_of
SELECT * EXCEPT (project_id, pipeline_id)
FROM {{dash_pipeline_silences}} AS s
WHERE s.times > limit_of('silent', s.tenant, s.project)
ORDER BY times DESC, tenant, project, pipeline
LIMIT 500
