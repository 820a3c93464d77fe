-- The rule sets of the same, of thirty rules with two properties each.
INSERT INTO rule_set_states (tenant, project_id, rule_set_id, name, version, is_valid, rule_instances, op, observed_at, ver)
WITH {projects:UInt64} AS projects
SELECT
    'scale', if(p = projects, '', lower(hex(MD5(concat('project ', toString(p)))))), concat('set ', toString(p)), 'policy', toString(state), true,
    arrayMap(r -> (concat('r', toString(p), '-', toString(r)), 'Gate', concat('rule ', toString(r)), (p + state + r) % 60 > 0, '1', 'plugin', 'plugin', '1',
        [('g', true, [('a', 'judge', 'limit', 'int', toString(r + ((p + state + r) % 40 = 0)), '>='), ('b', 'judge', 'share', 'int', toString(r + ((p + state + 7 * r) % 40 = 0)), '<=')])]), range(30)),
    if(state = 0, 'created', 'changed'), {now:DateTime64(3, 'UTC')} - toIntervalHour(24 * 60 * (12 - state) + 23 * (projects - p)), 2 + state * 1000000 + p
FROM (SELECT number % (projects + 1) AS p, intDiv(number, projects + 1) AS state FROM numbers((projects + 1) * 12))
