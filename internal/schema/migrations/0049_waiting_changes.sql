-- Changes that wait for a deployment as in 0042_dora_rows.sql. Few of all commits
-- do: those that may are found by their times first, in any version of them.
CREATE OR REPLACE VIEW dora_undeployed AS
WITH
(
    SELECT (arrayPushFront(groupArray(repository), 0), arrayPushFront(groupArray(deployed_ms), 0))
    FROM
    (
        SELECT cityHash64(d.tenant, d.codehub_id) AS repository, min(toUnixTimestamp64Milli(assumeNotNull(d.committed_at))) AS deployed_ms
        FROM dora_rows(since = toDateTime64(0, 3, 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
        WHERE d.succeeded AND d.committed_at IS NOT NULL AND (d.repo_next_at IS NULL OR d.repo_next_at > {as_of:DateTime64(3, 'UTC')})
        GROUP BY repository
    )
) AS oldest
SELECT
    s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.service AS service, s.environment AS environment,
    s.last.2 AS deployed_commit, s.last.1 AS deployed_at,
    c.commit_id AS commit_id, c.title AS title, c.author_name AS author_name, c.committed_at AS committed_at,
    dateDiff('millisecond', c.committed_at, {as_of:DateTime64(3, 'UTC')}) / 1000 AS age_s
FROM
(
    SELECT *
    FROM commits
    WHERE (tenant, repository_id, commit_id) IN
    (
        SELECT tenant, repository_id, commit_id
        FROM commit_states
        WHERE toUnixTimestamp64Milli(committed_at) > transform(cityHash64(tenant, repository_id), oldest.1, oldest.2, 9000000000000000)
    )
) AS c
INNER JOIN
(
    SELECT tenant, project_id, project, service, environment, codehub_id, (at, commit_id, d.committed_at) AS last
    FROM dora_rows(since = toDateTime64(0, 3, 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    WHERE d.succeeded AND (d.repo_next_at IS NULL OR d.repo_next_at > {as_of:DateTime64(3, 'UTC')})
) AS s ON c.tenant = s.tenant AND c.repository_id = s.codehub_id
WHERE c.committed_at > s.last.3 AND c.committed_at <= {as_of:DateTime64(3, 'UTC')};
