-- Which window of each pipeline's execution records had been read as of As of. line is
-- the pipeline as a number. Of all states read without FINAL: the newest counts.
SELECT cityHash64(tenant, project_id, pipeline_id) AS line, from_at, to_at, total, complete, true AS known
FROM coverage FINAL
WHERE {{dash_is_now}}
UNION ALL
SELECT line, newest.1, newest.2, newest.3, newest.4, NOT newest.5
FROM
(
    SELECT line, argMax((from_at, to_at, total, complete AND NOT gone, gone), coverage_states.ver) AS newest
    FROM coverage_states
    WHERE NOT {{dash_is_now}} AND observed_at <= {{dash_as_of}}
    GROUP BY line
)
