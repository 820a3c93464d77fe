-- Failed deployment recovery time per service: median of the failed deployments
-- of the bucket, from their end to their mending. Open ones rank above all; where
-- they reach the middle, there is no point.
SELECT time, service, recovery_p50
FROM {{dash_dora_failure_buckets}}
ORDER BY time, service
