-- Gate settings that were weakened, as marks on the time axis.
SELECT changed_at AS time, 'gate weakened' AS title, concat(project, ': ', config, ' ', item, ' ', field, ' ', before, ' -> ', after, ', by ', changed_by) AS text, 'gate' AS tags
FROM {{dash_gate_differences}}
WHERE effect = 'weakened'
ORDER BY time DESC
LIMIT 50
