-- Every project that was ever seen, with its newest name (the id where no
-- name is known). Read without FINAL: the newest name counts, also that of
-- what is gone by now.
SELECT tenant, project_id, if(name = '', project_id, name) AS project
FROM
(
    SELECT tenant, project_id, argMaxIf(project_name, ver, project_name != '') AS name
    FROM
    (
        SELECT tenant, project_id, project_name, ver FROM pipelines
        UNION ALL
        SELECT tenant, project_id, project_name, ver FROM repositories
        UNION ALL
        SELECT DISTINCT tenant, scope, '', 0 FROM polls WHERE NOT startsWith(scope, '_')
    )
    WHERE project_id != ''
    GROUP BY tenant, project_id
)
