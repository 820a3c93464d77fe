-- Successful deployments per service and interval: attempts of a stage that a
-- deployment rule selects, by that in which the attempt ended. Without rules
-- a stage counts whose name looks like a deployment to production.
SELECT day AS time, service, countIf(succeeded) AS deployments
FROM {{dash_ended_deployments}}
GROUP BY time, service
ORDER BY time, service
