-- Per project: missing run numbers that nobody has looked for yet, and runs that
-- CodeArts counted and that are not stored. Only pipelines whose execution
-- records have been read to their end; before that they are being looked for.
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    if(any(n.project) = '', c.project_id, any(n.project)) AS project,
    sum(ifNull(c.unexplained, 0)) + sum(d.pending_numbers) AS value
FROM (SELECT * FROM coverage_check WHERE complete) AS c
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, sum(number_gaps.missing - number_gaps.unknown) AS pending_numbers
    FROM number_gaps
    GROUP BY tenant, project_id, pipeline_id
) AS d ON d.tenant = c.tenant AND d.project_id = c.project_id AND d.pipeline_id = c.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
GROUP BY c.tenant, c.project_id
