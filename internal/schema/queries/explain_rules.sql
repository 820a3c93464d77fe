-- Every condition of every rule of a rule set, asked of every stage attempt of
-- a run.
SELECT
    position,
    name AS stage,
    started_at,
    rule_number AS number,
    rule,
    multiIf(decides, 'decides', holds, 'holds, but an earlier rule decides', 'does not hold') AS verdict,
    c.1 AS condition,
    c.2 AS wanted,
    if(c.3 = '', '(none)', c.3) AS found,
    if(c.4, 'yes', 'NO') AS met
FROM deployment_attempt_rules(rules = {rules:String}, run = {run:String})
ARRAY JOIN conditions AS c
ORDER BY position, started_at, number
