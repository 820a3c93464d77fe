-- Notes of each service whose runs are completely known that its published figures
-- are those of the rules in force, of the facts up to through and of the names up to
-- batch; those of the days before the last 90 too if all were looked at (full), or none of them ever. On
-- open_days a failure is open, so that their recovery time is held back.
INSERT INTO confirmed_figures (tenant, project_id, service, environment, confirmed_at, rules_version, through, through_all, batch, batch_all, open_days)
WITH toDate({to_at:DateTime64(3, 'UTC')}, {zone:String}) - 90 AS old
SELECT
    s.tenant, s.project_id, s.service, s.environment, {as_of:DateTime64(3, 'UTC')}, (SELECT version FROM deployment_rules_in_force),
    {through:Map(String, UInt64)}[s.tenant] AS newest, if({full:Bool} OR f.through_all = 0, newest, f.through_all),
    {batch:UInt64}, if({full:Bool} OR f.batch_all = 0, {batch:UInt64}, f.batch_all), arrayUnion(o.days, arrayFilter(d -> d < old AND NOT {full:Bool}, f.open_days))
FROM dora_services(to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS s
LEFT JOIN (SELECT * FROM confirmed_figures FINAL) AS f ON f.tenant = s.tenant AND f.project_id = s.project_id AND f.service = s.service AND f.environment = s.environment
LEFT JOIN
(
    SELECT tenant, project_id, service, environment, groupUniqArray(toDate(at, {zone:String})) AS days
    FROM judged_deployments
    WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND succeeded AND arrayExists(i -> i.2 <= {as_of:DateTime64(3, 'UTC')} AND ifNull(i.3 > {as_of:DateTime64(3, 'UTC')}, true), incidents)
    GROUP BY tenant, project_id, service, environment
) AS o ON o.tenant = s.tenant AND o.project_id = s.project_id AND o.service = s.service AND o.environment = s.environment
WHERE s.complete
