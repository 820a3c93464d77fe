-- Which projects have gates, as of the end of the time range, or now. On: at
-- least one item of the code check gate is switched on. No gate: CodeArts was
-- asked, and showed none; unknown: it was not asked yet, or did not answer.
-- Weaker and stronger count settings against the baseline, of n compared; a
-- configuration that was deleted here is one of them.
SELECT *
FROM {{dash_gate_projects}}
ORDER BY gate = 'on', weaker DESC, tenant, project
LIMIT 500
