-- Deployment rework rate per service: hotfixes and rollbacks of all successful
-- deployments of the bucket. Edition 2025 of the DORA report gives a mean of 2.2 on
-- a scale from 0 to 10, and no levels.
SELECT time, service, rework_ratio
FROM {{dash_dora_failure_buckets}}
ORDER BY time, service
