-- Gate items that were weakened, as marks on the time axis.
SELECT seen_at AS time, 'gate weakened' AS title, concat(project, ': ', item, ' ', before, ' -> ', after) AS text, 'gate' AS tags
FROM {{dash_gate_changes}}
WHERE effect = 'weakened'
ORDER BY time DESC
LIMIT 50
