-- Puts a rule set in force: one row, later than every other, so that a clock
-- that went back does not leave an older rule set in force.
INSERT INTO deployment_rule_sets (revision, activated_at, version, source, rules)
SELECT
    {revision:UInt32},
    greatest(now64(3, 'UTC'), (SELECT max(activated_at) + INTERVAL 1 MILLISECOND FROM deployment_rule_sets)),
    left(lower(hex(SHA256({rules:String}))), 16),
    {source:String},
    {rules:String}
