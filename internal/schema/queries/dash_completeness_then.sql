-- Run numbers of each pipeline as of As of: what the view completeness says of now. How
-- many queued runs had no number then is not kept.
SELECT tenant, project_id, pipeline_id, stored, expected, missing, completeness, toNullable(unnumbered) AS unnumbered
FROM completeness
WHERE {{dash_is_now}}
UNION ALL
SELECT tenant, project_id, pipeline_id, stored, expected, missing, completeness, NULL
FROM completeness_as_of(as_of = {{dash_as_of}})
WHERE NOT {{dash_is_now}}
