-- Change fail rate per service: failed of all deployments of the bucket that
-- are old enough to be judged. A bucket without such has no point.
SELECT time, service, fail_ratio
FROM {{dash_dora_failure_buckets}}
ORDER BY time, service
