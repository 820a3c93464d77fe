-- The deployment rules in force, in their order: the first that holds decides. A
-- change of them re-states every number of the past.
SELECT r.rule_number AS rule_number, r.rule AS rule, r.service AS service, r.environment AS environment, r.project AS project, r.pipeline AS pipeline, r.stage AS stage,
    r.branch AS branch, r.tag AS tag, if(r.ignored, 'no deployment', 'deployment') AS effect, r.version AS version, r.source AS source,
    f.attribution_ms / 1000 AS attribution_s, f.rollback_ms / 1000 AS rollback_s, f.zone AS zone, r.activated_at AS activated_at
FROM deployment_rules AS r
CROSS JOIN deployment_rules_in_force AS f
ORDER BY rule_number
