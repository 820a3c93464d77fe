-- What failing and waiting cost per pipeline, of the stage attempts and runs
-- that ended in the time range: time in attempts that failed or were cancelled,
-- at the price of a machine minute; queue and approval wait of the runs that
-- completed or failed, at the price of a minute of waiting, as far as it is
-- known (approval: of the runs that were seen to wait). Prices are those that a
-- reader types in, in the configured currency, else those of the first entry of
-- prices in the configuration that holds for the pipeline; without a price there is
-- no cost.
SELECT *
FROM {{dash_costs}} AS c
ORDER BY ifNull(wasted_s, 0) + ifNull(queue_s, 0) + ifNull(paused_s, 0) DESC, tenant, project, pipeline
LIMIT 1000
