-- Which window of each pipeline's execution records had been read as of As of. line is
-- the pipeline as a number. Of all states read without FINAL: the newest counts.
SELECT cityHash64(tenant, project_id, pipeline_id) AS line, from_at, to_at, total, complete, true AS known
FROM coverage FINAL
WHERE {{dash_is_now}}
UNION ALL
SELECT line, from_at, to_at, total, complete AND NOT gone, NOT gone
FROM coverage_states
WHERE (line, ver) IN (SELECT line, max(ver) FROM coverage_states WHERE NOT {{dash_is_now}} AND observed_at <= {{dash_as_of}} GROUP BY line)
LIMIT 1 BY line
