-- Settings of projects that differ from the baseline, as of the end of the time
-- range, or now. The variable says what the baseline is: the configuration of
-- the tenant, or of a project; of the same kind and name. Weaker: switched off
-- or missing here, or a threshold that lets more pass; also a configuration that the
-- project had and that was deleted. Differs: neither can be said, or it is part of what
-- is switched off in one of them. Configurations that the baseline lacks, or that the
-- project never had, are not compared: see Coverage.
WITH {{page_of}} AS page_of
SELECT
    c.tenant AS tenant,
    if(n.project = '', c.project_id, n.project) AS project,
    c.kind AS kind,
    c.config_name AS config,
    c.setting.item AS item,
    c.setting.field AS field,
    c.setting.effect AS effect,
    c.setting.baseline_value AS baseline_value,
    c.setting.value AS value,
    c.observed_at AS since,
    page_of('gate', c.tenant, c.project_id, '') AS gate_url
FROM (SELECT *, setting FROM {{dash_gate_compared}} ARRAY JOIN compared AS setting WHERE newest AND setting.effect != 'same') AS c
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
ORDER BY effect = 'weaker' DESC, tenant, project, kind, config, item, field
LIMIT 1000
