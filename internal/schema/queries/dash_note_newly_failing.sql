-- Stages that began to fail, as marks on the time axis.
SELECT at AS time, 'newly failing' AS title, concat(project, ': ', pipeline, ' / ', stage, ', commit ', commit_id) AS text, 'stage' AS tags
FROM {{dash_stage_transitions}}
WHERE state = 'newly failing'
ORDER BY time DESC
LIMIT 50
