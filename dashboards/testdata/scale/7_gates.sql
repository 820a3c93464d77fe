-- Two years of the gates of the tenant and of each project: a state every 60 days,
-- with ten checks of which the thresholds move.
INSERT INTO gate_history (tenant, project_id, gate_id, name, position, compare_type, is_check, value, op, observed_at, ver)
WITH {projects:UInt64} AS projects
SELECT
    'scale', if(p = projects, '', lower(hex(MD5(concat('project ', toString(p)))))), 'gate', concat('check ', toString(i)), i, '<=', (p + state + i) % 30 > 0, i + ((p + state + 5 * i) % 20 = 0),
    if(state = 0, 'created', 'changed'), {now:DateTime64(3, 'UTC')} - toIntervalHour(24 * 60 * (12 - state) + 29 * (projects - p)), 1 + state * 1000000 + p
FROM (SELECT number % (projects + 1) AS p, intDiv(number, projects + 1) AS state FROM numbers((projects + 1) * 12))
ARRAY JOIN range(10) AS i
