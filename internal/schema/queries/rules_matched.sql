-- What each rule of a rule set selects in the last days: attempts, how many of
-- them ended well and badly, the services. A rule that selects nothing has n 0.
SELECT
    r.rule_number AS number,
    r.rule AS rule,
    if(r.ignored, 'no deployment', r.environment) AS environment,
    countIf(a.decides) AS n,
    countIf(a.decides AND a.status = 'COMPLETED') AS succeeded,
    countIf(a.decides AND a.status = 'FAILED') AS failed,
    uniqExactIf((a.tenant, a.project_id, a.pipeline_id), a.decides) AS pipelines,
    arrayStringConcat(arraySort(groupUniqArrayIf(20)(a.service, a.decides AND NOT a.ignored)), ', ') AS services,
    countIf(a.holds AND NOT a.decides) AS earlier_rule_decided
FROM deployment_rules_of(rules = {rules:String}) AS r
LEFT JOIN
(
    SELECT *
    FROM deployment_attempt_rules(rules = {rules:String}, run = '')
    WHERE started_at >= now64(3) - toIntervalDay({days:UInt32})
) AS a ON a.rule_number = r.rule_number
GROUP BY number, rule, environment
ORDER BY number
