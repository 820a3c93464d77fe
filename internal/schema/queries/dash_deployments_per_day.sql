-- Successful deployments per service and day (UTC): attempts of a stage whose
-- name looks like a deployment to production, by the day on which the attempt
-- ended.
SELECT day AS time, service, countIf(succeeded) AS deployments
FROM {{dash_ended_deployments}}
GROUP BY time, service
ORDER BY time, service
