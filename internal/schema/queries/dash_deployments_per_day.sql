-- Successful deployments per service and day (UTC): attempts of a stage that a
-- deployment rule selects, by the day on which the attempt ended. Without rules
-- a stage counts whose name looks like a deployment to production.
SELECT day AS time, service, countIf(succeeded) AS deployments
FROM {{dash_ended_deployments}}
GROUP BY time, service
ORDER BY time, service
