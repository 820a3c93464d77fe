-- Every project that was ever seen, with its newest name.
SELECT tenant, project_id, project
FROM projects
