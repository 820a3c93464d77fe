-- The open-source policies of the same, with twenty packages.
INSERT INTO open_source_states (tenant, project_id, policy_id, name, version, is_valid, versions_enabled, version_rules, security_enabled, severity_enabled, severities, cve_enabled, cves, license_enabled, op, observed_at, ver)
WITH {projects:UInt64} AS projects
SELECT
    'scale', if(p = projects, '', lower(hex(MD5(concat('project ', toString(p)))))), concat('policy ', toString(p)), 'open source', toString(state), true, true,
    arrayMap(k -> ((p + state + k) % 30 > 0, 'maven', concat('package ', toString(k)), '1.0', '', '<'), range(20)),
    (p + state) % 5 > 0, true, arraySlice(['critical', 'high', 'medium'], 1, 1 + (p + state) % 3), true, [], true,
    if(state = 0, 'created', 'changed'), {now:DateTime64(3, 'UTC')} - toIntervalHour(24 * 60 * (12 - state) + 19 * (projects - p)), 3 + state * 1000000 + p
FROM (SELECT number % (projects + 1) AS p, intDiv(number, projects + 1) AS state FROM numbers((projects + 1) * 12))
