-- What failing and waiting cost, of all chosen pipelines, also those beyond the end
-- of the table below: the sums of its columns. n: pipelines with a failed or
-- cancelled attempt or a wait. Those without a price are in the times and in no
-- cost.
SELECT
    countIf(c.attempts > 0 OR ifNull(c.queue_s, 0) + ifNull(c.paused_s, 0) > 0) AS n,
    sum(c.wasted_s) AS wasted_s,
    sum(ifNull(c.queue_s, 0) + ifNull(c.paused_s, 0)) AS waiting_s,
    sum(c.wasted_cost) AS wasted_cost,
    sum(c.waiting_cost) AS waiting_cost,
    if(wasted_cost IS NULL AND waiting_cost IS NULL, NULL, ifNull(wasted_cost, 0) + ifNull(waiting_cost, 0)) AS cost,
    countIf(ifNull(c.wasted_s > 0, false) AND c.wasted_cost IS NULL OR ifNull(c.queue_s, 0) + ifNull(c.paused_s, 0) > 0 AND c.waiting_cost IS NULL) AS unpriced,
    any(c.currency) AS currency
FROM {{dash_costs}} AS c
HAVING n > 0
