-- Changes of the deployment rules, as marks on the time axis: each re-stated the
-- numbers of all the past.
SELECT activated_at AS time, 'deployment rules' AS title, concat('version ', version, ', revision ', toString(revision), ', ', source) AS text, 'rules' AS tags
FROM deployment_rule_sets FINAL
WHERE $__timeFilter(activated_at)
ORDER BY time DESC
LIMIT 50
