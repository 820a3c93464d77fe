-- What gates can be compared with: the configuration of the tenant, or of one of
-- its projects.
SELECT id, text
FROM
(
    SELECT 'tenant' AS id, 'Tenant' AS text, 0 AS place
    UNION ALL
    SELECT project_id AS id, p.text AS text, 1 AS place FROM {{dash_var_project}} AS p
)
ORDER BY place, text, id
