-- Changes that wait for a deployment at the end of the time range, row by row:
-- commits that were seen and made after the commit that is deployed.
SELECT
    d.committed_at AS committed_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.commit_id AS commit_id,
    d.title AS title,
    d.author_name AS author,
    d.age_s AS age_s,
    d.deployed_commit AS deployed_commit,
    d.deployed_at AS deployed_at
FROM {{dash_dora_changes_waiting}} AS d
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY committed_at, tenant, project, service, commit_id
LIMIT 10000
