-- Pipelines that are silent for longer than is usual for them, as Silent
-- pipelines has it; the value is how many times as long, where it is more than the
-- limit (silent). Only while their project's list is read in time: else it is
-- Artery that is silent. One that has been silent for 30 days is taken as given up.
WITH {{limit_of}} AS limit_of, limit_of('silent', s.tenant, s.project) AS bound
SELECT s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.pipeline_id AS pipeline_id, s.pipeline AS pipeline, s.pipeline_url AS url, s.times AS value
FROM {{dash_pipeline_silences}} AS s
INNER JOIN (SELECT tenant, project_id FROM {{dash_poller_ages}} WHERE poller = 'pipelines' AND late < 1) AS f ON f.tenant = s.tenant AND f.project_id = s.project_id
WHERE s.silent_s < 30 * 86400 AND s.times > bound
