-- Notes of each service whose runs are completely known that its published figures
-- are those of the rules in force and of the facts up to through.
INSERT INTO confirmed_figures (tenant, project_id, service, environment, confirmed_at, rules_version, through)
SELECT tenant, project_id, service, environment, {as_of:DateTime64(3, 'UTC')}, (SELECT version FROM deployment_rules_in_force), {through:Map(String, UInt64)}[tenant]
FROM dora_services(to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
WHERE complete
