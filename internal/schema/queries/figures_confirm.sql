-- Notes of each service whose runs are completely known that its published figures
-- are those of the rules in force and of the facts up to through; those of the days
-- before the last 90 too if all were looked at (full).
INSERT INTO confirmed_figures (tenant, project_id, service, environment, confirmed_at, rules_version, through, through_all)
SELECT
    s.tenant, s.project_id, s.service, s.environment, {as_of:DateTime64(3, 'UTC')}, (SELECT version FROM deployment_rules_in_force),
    {through:Map(String, UInt64)}[s.tenant] AS newest, if({full:Bool}, newest, f.through_all)
FROM dora_services(to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS s
LEFT JOIN (SELECT * FROM confirmed_figures FINAL) AS f ON f.tenant = s.tenant AND f.project_id = s.project_id AND f.service = s.service AND f.environment = s.environment
WHERE s.complete
